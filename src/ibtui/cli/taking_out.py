"""What leaves the program: pictures of its screens, its tables, a bundle for a bug report."""

from pathlib import Path
from typing import Any

import click

from ibtui.cli.common import Common, common_options, notice, print_json
from ibtui.errors import IbtuiError


@click.command()
@click.argument("screen", required=False)
@click.option("--text", "form", flag_value="text", default=True, help="As plain text (the default).")
@click.option("--json", "form", flag_value="json", help="One JSON document: screen, size, time, lines.")
@click.option("--svg", "form", flag_value="svg", help="As a drawing with its colours.")
@common_options
def snapshot(common: Common, screen: str | None, form: str) -> int:
    """Print a running console's SCREEN (a name or its digit), also one that isn't shown; without one what is shown."""
    from ibtui.services.status_socket import ask_console

    answer = ask_console(common.directory(), {"do": "snapshot", "screen": screen, "form": form}, seconds=30)
    if answer is None:
        raise IbtuiError(f"No console runs on {common.directory()}; open one with `ibtui`, then ask again.")
    if not answer.pop("ok"):
        raise IbtuiError(answer["error"])
    if form == "json":
        print_json(answer)
    else:
        click.echo(answer["svg"] if form == "svg" else "\n".join(answer["lines"]))
    return 0


@click.command()
@click.argument("table")
@click.option("--format", "form", type=click.Choice(["csv", "jsonl", "parquet"]), default="csv", show_default=True)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File; else standard output.")
@click.option("--symbol", help="Only rows of this contract.")
@click.option("--start", help="From this market time on, UTC, such as 2026-11-20 or 2026-11-20T14:30.")
@click.option("--end", help="Up to this market time, UTC.")
@common_options
def export(common: Common, table: str, **options: Any) -> int:
    """Write a TABLE out, such as ticks, prints, depth, bars, orders, executions; any other name lists them all."""
    from ibtui.services.exporting import export as export_table

    count = export_table(common.files(), table, **options)
    notice(f"{count:,} rows of {table}")
    return 0
