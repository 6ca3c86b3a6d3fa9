"""What commands print for people: the same rows that ``--json`` prints for programs, as tables."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ibtui.clock import NS

UNKNOWN = "—"

PIPE_WIDTH = 500

Column = tuple[str, str]
"""Heading and the row's key; keys that end in ``_ns`` are instants, shown in UTC."""

ORDERS: tuple[Column, ...] = (
    ("created UTC", "created_ns"),
    ("ref", "order_ref"),
    ("side", "action"),
    ("quantity", "quantity"),
    ("symbol", "symbol"),
    ("type", "order_type"),
    ("limit", "limit_price"),
    ("status", "status"),
    ("filled", "filled"),
    ("average", "average_price"),
    ("commission", "commission"),
    ("reason", "reason"),
)
POSITIONS: tuple[Column, ...] = (
    ("account", "account"),
    ("symbol", "symbol"),
    ("quantity", "quantity"),
    ("average cost", "average_cost"),
    ("as of UTC", "ts_ns"),
)
ACCOUNT: tuple[Column, ...] = (
    ("account", "account"),
    ("key", "key"),
    ("value", "value"),
    ("currency", "currency"),
    ("as of UTC", "ts_ns"),
)
CHECKS: tuple[Column, ...] = (
    ("check", "name"),
    ("measured", "measured"),
    ("limit", "limit_value"),
    ("verdict", "verdict"),
)
EVENTS: tuple[Column, ...] = (("UTC", "ts_ns"), ("event", "kind"), ("status", "status"), ("detail", "detail"))
FILLS: tuple[Column, ...] = (
    ("UTC", "ts_ns"),
    ("side", "side"),
    ("quantity", "quantity"),
    ("price", "price"),
    ("venue", "venue"),
    ("commission", "commission"),
)
SYMBOLS: tuple[Column, ...] = (
    ("symbol", "symbol"),
    ("bid", "bid"),
    ("ask", "ask"),
    ("last", "last"),
    ("mark", "mark"),
    ("ticks 5 min", "ticks_5m"),
    ("per second", "rate"),
    ("last tick UTC", "last_tick_ns"),
    ("reason", "reason"),
)
QUOTE: tuple[Column, ...] = (
    ("symbol", "symbol"),
    ("bid size", "bid_size"),
    ("bid", "bid"),
    ("ask", "ask"),
    ("ask size", "ask_size"),
    ("last", "last"),
    ("volume", "volume"),
    ("mark", "mark"),
    ("age s", "age_s"),
    ("as of UTC", "ts_ns"),
    ("reason", "reason"),
)
CONTRACTS: tuple[Column, ...] = (
    ("symbol", "symbol"),
    ("type", "sec_type"),
    ("exchange", "exchange"),
    ("primary", "primary_exchange"),
    ("currency", "currency"),
    ("local symbol", "local_symbol"),
    ("increment", "min_tick"),
    ("number", "con_id"),
    ("name", "long_name"),
)
RECORDED: tuple[Column, ...] = (
    ("symbol", "symbol"),
    ("ticks", "ticks"),
    ("depth", "depth"),
    ("prints", "prints"),
    ("reason", "reason"),
)
LEDGER: tuple[Column, ...] = (("from UTC", "from"), ("to UTC", "to"), ("outcome", "outcome"))
GAPS: tuple[Column, ...] = (("from UTC", "from"), ("to UTC", "to"), ("bars", "bars"), ("why", "why"))
FILES: tuple[Column, ...] = (("file", "file"), ("size", "size"), ("format", "version"), ("rows", "counts"))


def show(columns: Sequence[Column], rows: Sequence[Mapping[str, Any]], empty: str) -> None:
    """Prints rows as a table, or a sentence where there are none; a pipe gets whole lines, however long."""
    console = Console()
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    if not rows:
        console.print(empty, markup=False, highlight=False)
        return
    table = Table(box=None, pad_edge=False)
    for heading, key in columns:
        numeric = all(isinstance(row.get(key), int | float | None) for row in rows) and not key.endswith("_ns")
        table.add_column(heading, justify="right" if numeric else "left", no_wrap=numeric, overflow="fold")
    for row in rows:
        table.add_row(*(Text(shown(key, row.get(key))) for _, key in columns))
    console.print(table)


def say(text: str, *, end: str = "\n") -> None:
    """Prints a line as it is."""
    Console().print(text, markup=False, highlight=False, soft_wrap=True, end=end)


def shown(key: str, value: Any) -> str:
    """A value as people read it; unknown is a dash, never zero."""
    if value is None or value == "":
        return UNKNOWN if value is None else ""
    if key.endswith("_ns"):
        return f"{datetime.fromtimestamp(value / NS, UTC):%Y-%m-%d %H:%M:%S}"
    return f"{value:,.10g}" if isinstance(value, float) else str(value)


def order_story(story: Mapping[str, Any]) -> None:
    """Prints one order's whole story."""
    show(ORDERS, [story["order"]], "")
    say("\nchecks")
    show(CHECKS, story["checks"], "none were made")
    if (quote := story["quote"]) is not None:
        bid, ask, last = (shown("", quote[key]) for key in ("bid", "ask", "last"))
        say(f"\nquote then  bid {bid}, ask {ask}, last {last}")
    say("\nevents")
    show(EVENTS, story["events"], "none")
    say("\nfills")
    show(FILLS, story["executions"], "none")


def status_text(document: Mapping[str, Any]) -> None:
    """Prints the status document."""
    running = "running" if document["running"] else "not running; this is what its last run left"
    say(f"console  {running}")
    since = f" since {shown('since_ns', document['since_ns'])} UTC" if document["since_ns"] else ""
    say(f"state    {document['state']}{since}{': ' + document['cause'] if document['cause'] else ''}")
    for name, link in document["links"].items():
        say(f"{name:8} {link['state']}{': ' + link['cause'] if link['cause'] else ''}")
    if document["subscriptions"] is not None:
        slots = (f"{kind} {each['granted']} of {each['wanted']}" for kind, each in document["subscriptions"].items())
        say(f"feeds    {', '.join(slots)}")
    say(f"rows     {', '.join(f'{name} {count}' for name, count in document['counts'].items())}")
    say(f"orders   {', '.join(f'{name} {count}' for name, count in document['orders'].items()) or 'none'}")
    if (writer := document["writer"]) is not None:
        say(f"writer   {writer['lag_s']:.1f} s behind, {writer['queued']} queued, {writer['shed']} shed")
    if (lag := document["loop_lag_ms"]) is not None:
        say(f"loop     p99 {lag['p99']:.1f} ms, worst {lag['worst']:.1f} ms late")
    for problem in document["problems"]:
        say(f"problem  {problem}")
    show(SYMBOLS, list(document["symbols"].values()), "no symbol was ever quoted")


def gaps_text(document: Mapping[str, Any], most: int = 40) -> None:
    """Prints the ledger of a history.

    Args:
        document: See :func:`ibtui.backfill.gaps.series_gaps`.
        most: Lines of each list; the newest are printed.
    """
    head = _minute(document["head"]) if document["head"] is not None else f"unknown ({document['head_reason']})"
    say(f"{document['symbol']}  history begins {head}")
    if not document["series"]:
        say("No bars were ever asked for here.")
    for series in document["series"]:
        hours = "regular hours" if series["use_rth"] else "all hours"
        say(f"\n{series['bar']}  {series['what']}  {hours}: {series['bars']:,} bars stored", end="")
        say(f", {_minute(series['first'])} to {_minute(series['last'])} UTC" if series["bars"] else "")
        for title, key, columns in (("asked for", "ledger", LEDGER), ("missing", "gaps", GAPS)):
            rows = [{**row, "from": _minute(row["start"]), "to": _minute(row["end"])} for row in series[key]]
            left_out = f" (the newest {most} of {len(rows):,})" if len(rows) > most else ""
            say(f"{title}{left_out}")
            show(columns, rows[-most:], "  nothing")


def _minute(seconds: int | None) -> str:
    return UNKNOWN if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"


def stats_text(document: Mapping[str, Any]) -> None:
    """Prints the size of the data files."""
    free = UNKNOWN if document["free_bytes"] is None else size(document["free_bytes"])
    say(f"{document['directory']}  {free} free, market data is kept for {document['keep_days']} days")
    files = [
        {
            **each,
            "size": size(each["bytes"] + each["log_bytes"]),
            "counts": ", ".join(f"{name} {count:,}" for name, count in each["rows"].items() if count) or "no rows",
        }
        for each in document["files"]
    ]
    show(FILES, files, "No data file is there yet.")


def check_text(files: Sequence[Mapping[str, Any]]) -> None:
    """Prints which data files are sound."""
    for each in files:
        say(f"{'✗' if each['problems'] else '✓'} {each['file']}  {size(each['bytes'])}")
        for problem in each["problems"]:
            say(f"  {problem}")
    if not files:
        say("No data file is there yet.")


def pruned_text(document: Mapping[str, Any]) -> None:
    """Prints which files of old days went."""
    for each in document["files"]:
        say(f"{each['file']}  {size(each['bytes'])}")
    word = "would be freed" if document["dry_run"] else "freed"
    say(f"{size(document['freed_bytes'])} {word}; days of market data kept: {document['kept_days']}")


def size(count: int) -> str:
    """Bytes as people read them."""
    value = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:,.0f} {unit}" if unit == "B" else f"{value:,.1f} {unit}"
        value /= 1024
    return f"{value:,.1f} TiB"
