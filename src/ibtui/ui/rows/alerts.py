"""What ``:alerts`` shows: alerts on prices that wait, and what was told, newest first."""

from collections.abc import Iterable, Sequence

from ibtui.services.alerts import Alert
from ibtui.trading.price_alerts import PriceAlert
from ibtui.ui.text import UNKNOWN, Column, Row, wall

COLUMNS = (
    Column("NO", 3, right=True),
    Column("TIME", 8),
    Column("ALERT", 40, stretch=True),
    Column("NOW", 12, right=True),
)

TONES = {"information": "plain", "warning": "warn", "error": "bad"}


def alert_rows(waiting: Iterable[tuple[PriceAlert, float | None]], told: Sequence[Alert], zone: str) -> list[Row]:
    """The rows.

    Args:
        waiting: Alerts on prices, with the price that each is held against now.
        told: Alerts of this run, oldest first.
        zone: Of the times.
    """
    rows: list[Row] = [(("Waiting", "accent"),)]
    rows += [
        (
            (str(each.number), "key"),
            (wall(each.created_ns, zone), "dim"),
            (str(each.condition), "plain"),
            (UNKNOWN if price is None else f"{price:.10g}", "plain"),
        )
        for each, price in waiting
    ]
    rows += [(("none; :alert SPY > 450 sets one", "dim"),)] * (len(rows) == 1)
    rows.append((("Told in this run", "accent"),))
    rows += [
        (
            ("", "plain"),
            (wall(each.last_ns, zone), "dim"),
            (each.text, TONES[each.severity]),
            (f"{each.count} times" if each.count > 1 else "", "dim"),
        )
        for each in reversed(told)
    ]
    return rows
