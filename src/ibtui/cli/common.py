"""What every command takes, and how commands print."""

import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from ibtui.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ibtui.config import Settings
    from ibtui.launch import Flow
    from ibtui.services.tables import Column
    from ibtui.storage.files import DataDirectory

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class Common:
    """The options that every command takes; those given before the command hold unless it says otherwise."""

    host: str | None = None
    port: int | None = None
    client_id: int | None = None
    account: str | None = None
    config: Path | None = None
    data_dir: Path | None = None
    log_level: str = "info"
    demo: bool = False

    def settings(self) -> "Settings":
        """Settings from file, environment and these options."""
        from ibtui.config import load

        gateway = {key: getattr(self, key) for key in ("host", "port", "client_id", "account")}
        return load(self.config_file(), flags={("gateway", key): value for key, value in gateway.items()})

    def config_file(self) -> Path:
        """The settings file that is read; one named by the user must exist."""
        if self.config is None:
            return self.default_config_file()
        if not self.config.exists():
            raise UsageError(f"{self.config}: there is no such settings file; `ibtui config init` writes one")
        return self.config

    def default_config_file(self) -> Path:
        """Where the settings file is when none is named."""
        from platformdirs import user_config_path

        return user_config_path("ibtui") / "config.toml"

    def directory(self) -> Path:
        """The data directory: the one named, else the platform's, the demo's own below it."""
        if self.data_dir is not None:
            return self.data_dir
        from platformdirs import user_data_path

        return user_data_path("ibtui") / ("demo" if self.demo else "live")

    def files(self) -> "DataDirectory":
        """The data directory, to be read."""
        from ibtui.storage.files import open_directory

        return open_directory(self.directory(), read_only=True)


COMMON_OPTIONS = (
    click.option("--host", help="Host of TWS or IB Gateway."),
    click.option("--port", type=click.IntRange(1, 65535), help="Its API port."),
    click.option("--client-id", type=click.IntRange(0), help="API client id; orders belong to it."),
    click.option("--account", help="Account to use."),
    click.option("--config", type=click.Path(path_type=Path), envvar="IBTUI_CONFIG", help="Settings file."),
    click.option("--data-dir", type=click.Path(path_type=Path), envvar="IBTUI_DATA_DIR", help="Data directory."),
    click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), help="What ibtui.log gets."),
    click.option("--demo", is_flag=True, default=None, help="The demo's data directory and its simulated gateway."),
)


def common_options(command: Command) -> Command:
    """Adds the common options and hands them to the command as its first argument, a :class:`Common`."""

    @functools.wraps(command)
    def gathered(**arguments: Any) -> Any:
        context = click.get_current_context()
        before = context.obj if isinstance(context.obj, Common) else Common()
        names = Common.__dataclass_fields__
        given = {name: arguments.pop(name) for name in names}
        common = replace(before, **{name: value for name, value in given.items() if value is not None})
        context.obj = common
        return command(common, **arguments)

    wrapped: Any = gathered
    for option in reversed(COMMON_OPTIONS):
        wrapped = option(wrapped)
    return cast(Command, wrapped)


as_json = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")


def notice(text: str) -> None:
    """A word to the user that is no data: to standard error."""
    print(text, file=sys.stderr, flush=True)


def print_json(document: Any) -> None:
    """The one JSON document of a command."""
    import json

    click.echo(json.dumps(document, indent=2))


def print_rows(rows: "Sequence[Mapping[str, Any]]", columns: "Sequence[Column]", empty: str, *, as_json: bool) -> int:
    """Prints rows for programs or for people; the exit code."""
    from ibtui.services import tables

    if as_json:
        print_json(rows)
    else:
        tables.show(columns, rows, empty)
    return 0


def run_in_console(common: Common, flow: "Flow", *, patient: bool) -> int:
    """Has a running console do it, or one of the command's own; the exit code."""
    from ibtui.launch import run_flow

    return run_flow(
        common.settings(),
        common.directory(),
        flow,
        patient=patient,
        log_level=common.log_level,
        demo=common.demo,
        say=notice,
    )
