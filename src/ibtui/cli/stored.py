"""What is kept: the ledger of a history, and the care of the data files."""

import click

from ibtui.cli.common import Common, as_json, common_options, print_json
from ibtui.errors import IbtuiError


@click.command()
@click.argument("symbol")
@click.option("--bar", help="Only bars of this size, such as 1 min, 5m, 1h, 1d.")
@as_json
@common_options
def gaps(common: Common, symbol: str, bar: str | None, as_json: bool) -> int:
    """What is stored of SYMBOL's history, what was asked for and how that ended, and what is missing."""
    from ibtui.backfill.gaps import stored_gaps
    from ibtui.market.bars import bar_size
    from ibtui.services import tables
    from ibtui.services.status_socket import ask_console

    size = None if bar is None else bar_size(bar).text
    answer = ask_console(common.directory(), {"do": "gaps", "symbol": symbol, "bar": size}, seconds=30)
    if answer is None:
        document = stored_gaps(common.files(), symbol, size)
    elif answer["ok"]:
        document = answer["gaps"]
    else:
        raise IbtuiError(answer["error"])
    if as_json:
        print_json(document)
    else:
        tables.gaps_text(document)
    return 0


@click.group()
def db() -> None:
    """The data files."""


@db.command()
@as_json
@common_options
def stats(common: Common, as_json: bool) -> int:
    """Print how large the data files are, how many rows each table holds, and the space that is left."""
    from ibtui.services import tables
    from ibtui.storage.housekeeping import file_stats

    document = {**file_stats(common.files()), "keep_days": common.settings().storage.keep_days}
    if as_json:
        print_json(document)
    else:
        tables.stats_text(document)
    return 0


@db.command()
@as_json
@common_options
def check(common: Common, as_json: bool) -> int:
    """Read every data file through and print what is damaged; exits 1 where something is."""
    from ibtui.services import tables
    from ibtui.storage.housekeeping import check_files

    found = check_files(common.files())
    if as_json:
        print_json(found)
    else:
        tables.check_text(found)
    return 1 if any(each["problems"] for each in found) else 0


@db.command()
@click.option("--keep-days", type=click.IntRange(1), help="Days to keep, today counted; else as in the settings.")
@click.option("--dry-run", is_flag=True, help="Only print what would go.")
@as_json
@common_options
def prune(common: Common, keep_days: int | None, dry_run: bool, as_json: bool) -> int:
    """Delete the market data files of old days; orders and bars are kept."""
    from ibtui.clock import system_clock
    from ibtui.services import tables
    from ibtui.storage.files import utc_day
    from ibtui.storage.housekeeping import prune_days

    days = keep_days or common.settings().storage.keep_days
    document = prune_days(common.files(), utc_day(system_clock().utc_ns()), days, dry_run=dry_run)
    if as_json:
        print_json(document)
    else:
        tables.pruned_text(document)
    return 0
