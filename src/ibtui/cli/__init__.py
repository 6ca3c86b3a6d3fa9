"""The commands: parse, wire, exit. What they do lives in the rooms below, imported by the command that needs it."""

import sys
from typing import Any

import click

from ibtui import __version__
from ibtui.cli.common import (
    Common,
    as_json,
    common_options,
    notice,
    print_json,
    print_rows,
    run_in_console,
)
from ibtui.cli.settings_file import config
from ibtui.cli.stored import db, gaps
from ibtui.cli.taking_out import bundle, export, snapshot
from ibtui.errors import IbtuiError, UsageError

INTERRUPTED = 130


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
    from ibtui.launch import open_console

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
@click.option("--account", default="DUSIM0001", show_default=True, help="Paper accounts, comma-separated.")
@click.option("--symbols", default="", help="Only these symbols, comma-separated.")
@click.option("--rate", type=click.FloatRange(0, 1000), default=1.0, show_default=True, help="Market activity.")
@click.option("--speed", type=click.FloatRange(0), default=1.0, show_default=True, help="Market seconds a second.")
@click.option("--start", help="Market time to start at, New York, such as 2026-11-20T10:00.")
@click.option("--scenario", metavar="NAME|FILE", help="Control verbs at their times, such as flash-crash.")
@click.option(
    "--replay",
    type=click.Path(exists=True, file_okay=False),
    metavar="DIRECTORY",
    help="A data directory whose recorded market is replayed; --start is a market time of it.",
)
@click.option("--limits/--no-limits", default=True, hidden=True, help="Whether IB's limits hold.")
@click.option("--state", type=click.Path(dir_okay=False), hidden=True, help="Keep orders and account in this file.")
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


@main.command()
@click.argument("symbols", nargs=-1, required=True)
@click.option("--for", "duration", metavar="TIME", help="How long, such as 10s, 10m, 1.5h; else until interrupted.")
@click.option("--rotate", is_flag=True, help="Let all symbols share the depth and tape slots, a minute each in turn.")
@as_json
@common_options
def record(common: Common, symbols: tuple[str, ...], duration: str | None, rotate: bool, as_json: bool) -> int:
    """Record quotes, depth and tape of SYMBOLS without screens; waits for the gateway and says so."""
    from ibtui.services.record import record_flow, seconds_of

    seconds = None if duration is None else seconds_of(duration)
    return run_in_console(common, record_flow(symbols, seconds, notice, as_json=as_json, rotate=rotate), patient=True)


@main.command()
@click.argument("symbols", nargs=-1, required=True)
@click.option("--bar", default=None, help="Bar size, such as 1 min, 5m, 1h, 1d.")
@click.option("--mode", type=click.Choice(["tail", "backfill", "full"]), default="tail", show_default=True)
@click.option(
    "--what",
    type=click.Choice(["TRADES", "MIDPOINT", "BID", "ASK"], case_sensitive=False),
    default="TRADES",
    show_default=True,
    help="What the bars are made of.",
)
@click.option("--start", help="From this UTC time on, such as 2026-11-02 or 2026-11-02T14:30.")
@click.option("--end", help="Up to this UTC time.")
@as_json
@common_options
def backfill(common: Common, symbols: tuple[str, ...], bar: str | None, as_json: bool, **options: Any) -> int:
    """Download the history of SYMBOLS into the bars table, with a progress bar."""
    from ibtui.backfill.command import backfill_flow

    size = bar or common.settings().backfill.bars
    return run_in_console(common, backfill_flow(symbols, size, as_json=as_json, **options), patient=False)


@main.command()
@click.option("--check", is_flag=True, help="Exit 0 when a console runs and is healthy, else 1.")
@as_json
@common_options
def status(common: Common, check: bool, as_json: bool) -> int:
    """The running console, or what its last run left."""
    from ibtui.clock import system_clock
    from ibtui.services import tables
    from ibtui.services.status import stored_status
    from ibtui.services.status_socket import ask_console

    answer = ask_console(common.directory(), {"do": "status"})
    document = answer["status"] if answer and answer["ok"] else stored_status(common.files(), system_clock())
    if as_json:
        print_json(document)
    else:
        tables.status_text(document)
    return int(check and not document["healthy"])


@main.command()
@as_json
@common_options
def doctor(common: Common, as_json: bool) -> int:
    """Find out why the gateway can't be used, step by step, and what to do about it."""
    import asyncio
    import os
    from dataclasses import asdict

    from ibtui.services.doctor import exit_code, line, visit

    findings = asyncio.run(
        visit(
            common.settings(),
            common.directory(),
            os.environ,
            lambda finding: None if as_json else click.echo(line(finding)),
            named=common.host is not None or common.port is not None,
            demo=common.demo,
        )
    )
    if as_json:
        print_json([asdict(each) for each in findings])
    return exit_code(findings)


@main.command()
@click.argument("symbol")
@as_json
@common_options
def quote(common: Common, symbol: str, as_json: bool) -> int:
    """SYMBOL's quote with its mark and age: the running console's, else the last one that was stored."""
    from ibtui.clock import system_clock
    from ibtui.services import tables
    from ibtui.services.quoting import stored_quote
    from ibtui.services.status_socket import ask_console

    answer = ask_console(common.directory(), {"do": "quote", "symbol": symbol}, seconds=30)
    if answer is None:
        document = stored_quote(common.files(), symbol, system_clock())
    elif answer["ok"]:
        document = answer["quote"]
    else:
        raise IbtuiError(answer["error"])
    if as_json:
        print_json(document)
    else:
        tables.show(tables.QUOTE, [document], "")
    return 0


@main.command()
@click.option("--type", "sec_type", help="Only contracts of this type, such as STK, CASH, FUT, OPT.")
@as_json
@common_options
def symbols(common: Common, sec_type: str | None, as_json: bool) -> int:
    """Every contract that was ever looked up here."""
    from dataclasses import asdict

    from ibtui.services import tables
    from ibtui.storage import queries

    found = queries.contracts(common.files(), None if sec_type is None else sec_type.upper())
    rows = [asdict(each) for each in found]
    return print_rows(rows, tables.CONTRACTS, "No contract was looked up here.", as_json=as_json)


@main.command()
@as_json
@common_options
def orders(common: Common, as_json: bool) -> int:
    """All orders, newest first, as the journal has them."""
    from ibtui.services import tables
    from ibtui.storage import queries

    return print_rows(queries.orders(common.files()), tables.ORDERS, "No order was ever entered here.", as_json=as_json)


@main.command()
@click.argument("order")
@as_json
@common_options
def why(common: Common, order: str, as_json: bool) -> int:
    """One ORDER's whole story: checks, quote and book at that instant, every event. Reference, its end, or order id."""
    from ibtui.services import tables
    from ibtui.storage import queries

    story = queries.why(common.files(), order)
    if story is None:
        raise UsageError(f"'{order}' is no order here; `ibtui orders` lists them")
    if as_json:
        print_json(story)
    else:
        tables.order_story(story)
    return 0


@main.command()
@as_json
@common_options
def positions(common: Common, as_json: bool) -> int:
    """Positions as last reported."""
    from ibtui.services import tables
    from ibtui.storage import queries

    rows = queries.positions(common.files(), common.account)
    return print_rows(rows, tables.POSITIONS, "No position is known.", as_json=as_json)


@main.command("account")
@as_json
@common_options
def account_values(common: Common, as_json: bool) -> int:
    """Account values as last reported."""
    from ibtui.services import tables
    from ibtui.storage import queries

    rows = queries.account_values(common.files(), common.account)
    return print_rows(rows, tables.ACCOUNT, "No account value is known.", as_json=as_json)


for group in (gaps, db, config, snapshot, export, bundle):
    main.add_command(group)


def run(arguments: list[str]) -> int:
    """Runs a command line and returns its exit code; errors become one line on standard error."""
    try:
        code = main.main(args=arguments, prog_name="ibtui", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except IbtuiError as error:
        print(f"ibtui: {error}", file=sys.stderr)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # The reader of our output left (`ibtui orders | head`): not an error of ours, though click and rich exit over
        # it; keep the interpreter's own flush at exit from complaining about it.
        sys.stdout = None
        return 0
    return code if isinstance(code, int) else 0
