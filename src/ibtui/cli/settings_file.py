"""``ibtui config``: the settings file."""

import click

from ibtui.cli.common import Common, as_json, common_options, print_json
from ibtui.errors import EnvironmentUnfitError, UsageError


@click.group()
def config() -> None:
    """The settings file."""


@config.command()
@common_options
def init(common: Common) -> int:
    """Write a settings file with every setting, its default and its meaning."""
    from ibtui.config import Settings, as_toml

    file = common.config if common.config is not None else common.default_config_file()
    if file.exists():
        raise UsageError(f"{file} exists already; it is left as it is")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(as_toml(Settings()), encoding="utf-8")
    except OSError as error:
        raise EnvironmentUnfitError(f"{file} can't be written: {error.strerror}. Name another with --config.") from None
    click.echo(file)
    return 0


@config.command()
@as_json
@common_options
def show(common: Common, as_json: bool) -> int:
    """Print the settings in force: file, environment and options together."""
    from dataclasses import asdict

    from ibtui.config import as_toml

    settings = common.settings()
    if as_json:
        print_json(asdict(settings))
    else:
        click.echo(as_toml(settings), nl=False)
    return 0


@config.command("path")
@as_json
@common_options
def config_path(common: Common, as_json: bool) -> int:
    """Print where the settings file and the data directory are."""
    paths = {"config": str(common.config_file()), "data_dir": str(common.directory())}
    if as_json:
        print_json(paths)
    else:
        for name, path in paths.items():
            click.echo(f"{name:8}  {path}")
    return 0
