import pytest

from ibtui.clock import NS, Clock
from ibtui.config import ALERT_TOPICS, AlertSettings
from ibtui.services.alerts import KINDS, REPEAT_SECONDS, Alert, Alerts


class Desk:
    """Alerts with every channel written down, and a clock that the test moves."""

    def __init__(self, settings: AlertSettings | None = None, environment: dict[str, str] | None = None) -> None:
        self.now = 0.0
        self.written: list[str] = []
        self.toasts: list[str] = []
        self.rows: list[tuple[str, int]] = []
        self.alerts = Alerts(
            settings or AlertSettings(),
            write=self.written.append,
            toast=lambda text, severity: self.toasts.append(text),
            record=lambda alert: self.rows.append((alert.text, alert.count)),
            clock=Clock(lambda: self.now, lambda: int(self.now * NS)),
            environment=environment or {},
        )


def test_a_lost_link_rings_pops_up_notifies_and_is_kept():
    desk = Desk()
    desk.alerts.tell("link lost", "DISCONNECTED: the gateway closed the connection")
    assert desk.written == ["\x07", "\x1b]9;DISCONNECTED: the gateway closed the connection\x07"]
    assert desk.toasts == ["DISCONNECTED: the gateway closed the connection"]
    assert desk.rows == [("DISCONNECTED: the gateway closed the connection", 1)]


def test_a_repeated_alert_is_one_with_a_count():
    desk = Desk()
    for _ in range(20):
        desk.alerts.tell("message", "competing session")
        desk.now += 1
    assert [(alert.text, alert.count) for alert in desk.alerts.recent] == [("competing session", 20)]
    assert desk.toasts == ["competing session"]
    assert [count for _, count in desk.rows] == [1, 2, 4, 8, 16]


def test_an_alert_that_was_quiet_for_long_is_news_again():
    desk = Desk()
    desk.alerts.tell("link lost", "gone")
    desk.now += REPEAT_SECONDS + 1
    desk.alerts.tell("link lost", "gone")
    assert [alert.count for alert in desk.alerts.recent] == [1, 1]


def test_a_second_loss_after_a_restore_rings_again():
    desk = Desk()
    for kind in ("link lost", "link restored", "link restored", "link lost", "link restored"):
        desk.alerts.tell(kind, kind)
    assert desk.written.count("\x07") == 2
    assert desk.toasts == ["link lost", "link restored", "link lost", "link restored"]


def test_two_equal_fills_are_two_alerts():
    desk = Desk()
    desk.alerts.tell("fill", "bought 10 SPY @ 450.10")
    desk.alerts.tell("fill", "bought 10 SPY @ 450.10")
    assert [alert.count for alert in desk.alerts.recent] == [1, 1]
    assert len(desk.toasts) == 2


def test_inside_tmux_only_the_bell_is_used():
    desk = Desk(environment={"TMUX": "/tmp/tmux-1/default"})
    desk.alerts.tell("link lost", "gone")
    desk.alerts.title("DISCONNECTED")
    assert desk.written == ["\x07"]


@pytest.mark.parametrize(
    ("settings", "written"),
    [
        (AlertSettings(bell=False), ["\x1b]9;gone\x07", "\x1b]0;down\x07"]),
        (AlertSettings(osc=False), ["\x07", "\x1b]0;down\x07"]),
        (AlertSettings(title=False), ["\x07", "\x1b]9;gone\x07"]),
    ],
)
def test_each_channel_can_be_turned_off(settings, written):
    desk = Desk(settings)
    desk.alerts.tell("link lost", "gone")
    desk.alerts.title("down")
    assert desk.written == written


def test_fills_can_be_silenced_and_nothing_else_with_them():
    desk = Desk(AlertSettings(fills=False))
    assert desk.alerts.tell("fill", "bought") is None
    assert desk.alerts.tell("rejected", "no") is not None


def test_each_topic_can_be_turned_off_and_no_other_with_it():
    for topic in ALERT_TOPICS:
        desk = Desk(AlertSettings(off=(topic,)))
        told = {kind for kind in KINDS if desk.alerts.tell(kind, "news")}
        assert told == {kind for kind, rules in KINDS.items() if rules.topic != topic} < KINDS.keys()


def test_control_bytes_from_the_wire_never_reach_the_terminal():
    desk = Desk()
    desk.alerts.tell("unknown order", "\x1b[2Jboo\x07\x9b")
    assert desk.written[1] == "\x1b]9; [2Jboo  \x07"


def test_a_broken_channel_does_not_keep_the_others_from_being_told():
    desk = Desk()

    def broken(text: str, severity: str) -> None:
        raise RuntimeError("no screen")

    desk.alerts.toast = broken
    heard: list[Alert] = []
    desk.alerts.on_change.append(heard.append)
    alert = desk.alerts.tell("link lost", "gone")
    assert heard == [alert]
    assert desk.rows == [("gone", 1)]


def test_a_loss_is_told_once_in_each_of_its_words_and_a_return_once():
    desk = Desk()
    for state in (
        "CONNECTING",
        "SYNCING",
        "READY",
        "READY",
        "NO ANSWER",
        "DISCONNECTED",
        "DISCONNECTED",
        "READY",
        "READY",
    ):
        desk.alerts.connection(state, "silence")
    assert desk.toasts == ["NO ANSWER: silence", "DISCONNECTED: silence", "READY"]
    assert [text for text in desk.written if text.startswith("\x1b]0;")][-1] == "\x1b]0;ibtui READY\x07"


def test_an_end_that_was_asked_for_changes_the_title_and_tells_nothing():
    desk = Desk()
    desk.alerts.connection("READY", "")
    desk.alerts.connection("DISCONNECTED", "as you asked", asked=True)
    desk.alerts.connection("SYNCING", "")
    desk.alerts.connection("READY", "")
    assert desk.toasts == []
    assert "\x1b]0;ibtui DISCONNECTED\x07" in desk.written
    desk.alerts.connection("DISCONNECTED", "as you asked", asked=True)
    desk.alerts.connection("DISCONNECTED", "refused")
    assert desk.toasts == ["DISCONNECTED: refused"]


def test_a_title_that_stays_is_written_once():
    desk = Desk()
    for title in ("READY", "READY", "DISCONNECTED"):
        desk.alerts.title(title)
    assert desk.written == ["\x1b]0;READY\x07", "\x1b]0;DISCONNECTED\x07"]


def test_a_first_connect_is_no_news():
    desk = Desk()
    for state in ("CONNECTING", "SYNCING", "READY"):
        desk.alerts.connection(state, "")
    assert desk.toasts == []


def test_a_gateway_that_flaps_in_its_handshake_rings_once_a_word():
    desk = Desk()
    for _ in range(5):
        desk.alerts.connection("DISCONNECTED", "refused")
        desk.alerts.connection("NO ANSWER", "silent")
        desk.now += 5
    assert desk.written.count("\x07") == 2


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_that_ends_another_names_one_in_the_table(kind):
    assert KINDS[kind].ends in {"", *KINDS}
