from hypothesis import given
from hypothesis import strategies as st

from ibtui.broker.codes import CODES
from ibtui.broker.links import Links
from ibtui.broker.status import ConnectionStatus, Facts, outlook, state_word, transitions


def test_farms_are_known_by_name_and_kind() -> None:
    links = Links(1)
    links.hear(2104, "Market data farm connection is OK:usfarm", 2)
    links.hear(2107, "HMDS data farm connection is inactive but should be available upon demand.:ushmds", 3)
    links.hear(2157, "Sec-def data farm connection is broken:secdefnj", 4)
    assert {(farm.name, farm.about, farm.state) for farm in links.farms.values()} == {
        ("usfarm", "data", "ok"),
        ("ushmds", "history", "idle"),
        ("secdefnj", "contract", "broken"),
    }
    assert (links.data.state, links.data.since_ns) == ("warn", 4)
    assert links.data.cause == "contract farm secdefnj is down"


def test_one_of_two_quote_farms_down_is_a_warning_both_are_a_loss() -> None:
    links = Links(1)
    for name in ("usfarm", "eufarm"):
        links.hear(2104, f"Market data farm connection is OK:{name}", 2)
    links.hear(2103, "Market data farm connection is broken:usfarm", 3)
    assert links.data.state == "warn"
    links.hear(2103, "Market data farm connection is broken:eufarm", 4)
    assert links.data.state == "down"
    assert links.ib.state == "ok"


def test_a_repeated_loss_keeps_its_first_time() -> None:
    links = Links(1)
    links.hear(1100, "Connectivity lost", 5)
    links.hear(1100, "Connectivity lost", 9)
    assert (links.ib.state, links.ib.since_ns) == ("down", 5)
    assert links.data.state == "down"
    links.hear(1102, "Connectivity restored", 12)
    assert (links.ib.state, links.ib.since_ns) == ("ok", 12)


@given(st.lists(st.tuples(st.sampled_from([*CODES, 99_999]), st.text(max_size=20)), max_size=30))
def test_no_message_breaks_the_lights(messages: list[tuple[int, str]]) -> None:
    links = Links(0)
    for ts_ns, (code, text) in enumerate(messages, 1):
        links.hear(code, text, ts_ns)
    last = [CODES[code].link for code, _ in messages if code in CODES and CODES[code].link.startswith("ib")]
    assert (links.ib.state == "down") == bool(last and last[-1] == "ib lost")


def test_the_first_word_that_is_true_is_said() -> None:
    facts = Facts("host:1", Links(0))
    assert state_word(facts) == "CONNECTING"
    facts.connected = facts.ever_connected = True
    assert state_word(facts) == "READY"
    facts.missing = {"positions": "no answer"}
    assert state_word(facts) == "DEGRADED"
    facts.syncing = True
    assert state_word(facts) == "SYNCING"
    facts.links.hear(2110, "Connectivity between TWS and server is broken.", 1)
    assert state_word(facts) == "IB LOST"
    facts.silent = True
    assert state_word(facts) == "NO ANSWER"
    facts.silent = facts.connected = False
    assert state_word(facts) == "DISCONNECTED"


@given(
    st.lists(
        st.tuples(
            st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.sampled_from([1100, 1102, 2103, 2104])
        ),
        max_size=20,
    )
)
def test_every_change_of_the_state_word_is_an_event(turns: list[tuple[bool, bool, bool, bool, int]]) -> None:
    facts = Facts("host:1", Links(0), cause="x")
    status = ConnectionStatus()
    for now, (connected, silent, syncing, missing, code) in enumerate(turns, 1):
        facts.connected, facts.silent, facts.syncing = connected, silent, syncing
        facts.missing = {"positions": "no answer"} if missing else {}
        facts.links.hear(code, "Farm:usfarm", now)
        after = outlook(facts, status, now, float(now))
        assert bool(transitions(status, after)) or after.state == status.state
        assert not transitions(after, after)
        assert (after.since_ns == now) == (after.state != status.state or status.since_ns is None)
        status = after
