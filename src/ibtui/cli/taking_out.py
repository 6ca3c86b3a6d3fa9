"""What leaves the program: pictures of its screens, its tables, a bundle for a bug report."""

from collections.abc import Callable
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


@click.command()
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File; else ibtui-bundle-….zip.")
@common_options
def bundle(common: Common, output: Path | None) -> int:
    """Put logs, settings, status and versions into a zip for a bug report; without accounts, addresses and secrets."""
    import os
    from datetime import UTC, datetime

    from ibtui.clock import system_clock
    from ibtui.services.bundle import settings_shown, versions, write_bundle
    from ibtui.services.status import stored_status
    from ibtui.services.status_socket import ask_console
    from ibtui.storage.housekeeping import file_stats

    settings = common.settings()

    def status() -> Any:
        answer = ask_console(common.directory(), {"do": "status"})
        return answer["status"] if answer and answer["ok"] else stored_status(common.files(), system_clock())

    def tried(read: Callable[[], Any]) -> Any:
        """What can't be read is what the report may be about."""
        try:
            return read()
        except IbtuiError as error:
            return {"error": str(error)}

    documents = {
        "status": tried(status),
        "settings": settings_shown(settings),
        "files": tried(lambda: file_stats(common.files())["files"]),
        "versions": versions(os.environ),
    }
    path = output or Path(f"ibtui-bundle-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.zip")
    try:
        names = write_bundle(path, common.directory(), documents, settings.gateway.host)
    except OSError as error:
        raise IbtuiError(f"{path} can't be written: {error.strerror}; name another file with -o.") from None
    click.echo(f"{path}: {', '.join(names)}. Look through it before you hand it on.")
    return 0
