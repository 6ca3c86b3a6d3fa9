"""The commands: parse, wire, exit. What they do lives in the rooms below, imported by the command that needs it."""

import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from ibtui import __version__
from ibtui.errors import IbtuiError, UsageError

if TYPE_CHECKING:
    from ibtui.config import Settings

Command = TypeVar("Command", bound=Callable[..., Any])

INTERRUPTED = 130


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
        if self.config is not None:
            if not self.config.exists():
                raise UsageError(f"{self.config}: there is no such settings file; `ibtui config init` writes one")
            return self.config
        from platformdirs import user_config_path

        return user_config_path("ibtui") / "config.toml"

    def directory(self) -> Path:
        """The data directory: the one named, else the platform's, the demo's own below it."""
        if self.data_dir is not None:
            return self.data_dir
        from platformdirs import user_data_path

        return user_data_path("ibtui") / ("demo" if self.demo else "live")


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


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ibtui")
@click.option(
    "--fresh", is_flag=True, help="With --demo: start over, forgetting the demo's market, account and orders."
)
@common_options
def main(common: Common, fresh: bool) -> int | None:
    """A terminal trading console for Interactive Brokers. Without a command it opens the console."""
    context = click.get_current_context()
    if context.invoked_subcommand is not None:
        return None
    if fresh and not common.demo:
        raise UsageError("--fresh starts the demo over, so it goes with --demo")
    from ibtui.console import open_console

    return open_console(
        common.settings(), common.directory(), log_level=common.log_level, demo=common.demo, fresh=fresh
    )


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=4002, show_default=True, help="API port; 0: a free one.")
@click.option(
    "--control-port", type=click.IntRange(0, 65535), help="Control port; 0: a free one. None unless asked for."
)
@click.option("--seed", type=int, default=1, show_default=True, help="The market is a function of it.")
@click.option("--account", default="DUSIM0001", show_default=True, help="Paper account.")
@click.option("--symbols", default="", help="Only these symbols, comma-separated.")
@click.option("--rate", type=click.FloatRange(0), default=1.0, show_default=True, help="Market activity.")
@click.option("--speed", type=click.FloatRange(0), default=1.0, show_default=True, help="Market seconds a second.")
@click.option("--start", help="Market time to start at, New York, such as 2026-11-20T10:00.")
@click.option("--until-input-ends", is_flag=True, hidden=True, help="End at the end of standard input.")
def sim(symbols: str, **options: Any) -> int:
    """The simulated gateway alone: any TWS API client can connect to it."""
    from ibtui.sim.server import SimOptions, serve

    return serve(
        SimOptions(symbols=tuple(symbol.strip().upper() for symbol in symbols.split(",") if symbol), **options)
    )


@main.command("sim-ctl")
@click.argument("port", type=click.IntRange(1, 65535))
@click.argument("verb")
@click.argument("arguments", nargs=-1, metavar="[KEY=VALUE]...")
def sim_ctl(port: int, verb: str, arguments: tuple[str, ...]) -> int:
    """One control VERB to the simulated gateway whose control port is PORT."""
    import json

    from ibtui.services.sim_control import do_blocking, parse_arguments

    answer = do_blocking(port, verb, parse_arguments(arguments))
    click.echo(json.dumps(answer))
    return 0 if answer.get("ok") else 1


def run(arguments: list[str]) -> int:
    """Runs a command line and returns its exit code; errors become one line on standard error."""
    try:
        code = main.main(args=arguments, prog_name="ibtui", standalone_mode=False)
    except IbtuiError as error:
        print(f"ibtui: {error}", file=sys.stderr)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output left (`ibtui orders | head`): not an error of ours; keep the interpreter's own
        # flush at exit from complaining about it.
        sys.stdout = None
        return 0
    return code if isinstance(code, int) else 0
