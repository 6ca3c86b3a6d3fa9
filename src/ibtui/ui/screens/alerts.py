"""The list behind ``:alerts``."""

from ibtui.ui.parts import Parts
from ibtui.ui.rows.alerts import COLUMNS, alert_rows
from ibtui.ui.screens.dialogs import ListDialog
from ibtui.ui.text import with_zone


class AlertList(ListDialog):
    """Alerts as they stand when it is opened."""

    def __init__(self, parts: Parts) -> None:
        zone = parts.settings.ui.timezone
        waiting = [(each, parts.price_alerts.price(each)) for each in parts.price_alerts.all]
        columns = with_zone(COLUMNS, zone, parts.clock.utc_ns())
        super().__init__(columns, alert_rows(waiting, list(parts.alerts.recent), zone))
