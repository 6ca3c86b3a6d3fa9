"""Tab offers what the table of commands allows at that place, and nothing else; older lines come back as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.trading.order_line import TIMES_IN_FORCE, TOUCHES
from ibtui.ui.commands import COMMANDS
from ibtui.ui.completion import History, complete, with_word

SOURCES = {
    "SYMBOL": ["SPY", "QQQ", "EUR.USD"],
    "NAME": ["sectors", "benchmarks"],
    "VERB": ["drop", "clock"],
    "KEY drop": ["how", "seconds"],
    "REFERENCE": ["01REF"],
}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (":se", ["sell"]),
        (":dis", ["differences", "disarm", "disconnect"][1:]),
        (":sell q", ["QQQ"]),
        (":sell 200 QQQ ", ["SPY", "EUR.USD", "@", "when", "trail", "stop", "target", "tif", "any"]),
        (":sell 200 QQQ @ ", list(TOUCHES)),
        (":sell 200 QQQ @ m", ["mid", "mkt"]),
        (":sell 200 QQQ @ mid st", ["stop"]),
        (":sell 200 QQQ @ mid stop ", []),
        (":buy SPY tif ", list(TIMES_IN_FORCE)),
        (":buy SPY tif g", ["GTC"]),
        (":cancel ", ["buys", "sells", "SPY", "QQQ", "EUR.USD"]),
        (":resolve ", ["01REF"]),
        (":sim ", ["drop", "clock"]),
        (":sim drop how=rst ", ["seconds="]),
        (":nosuch ", []),
        (":quit", []),
        (":arm ", []),
    ],
)
def test_what_could_follow_is_what_the_usage_says(text: str, words: list[str]) -> None:
    assert complete(text, SOURCES) == words


def test_an_empty_line_offers_every_command() -> None:
    assert complete(":", {}) == list(COMMANDS)


def test_the_word_takes_the_place_of_what_was_begun() -> None:
    assert with_word(":sell 200 q", "QQQ") == ":sell 200 QQQ "
    assert with_word(":sell ", "SPY") == ":sell SPY "
    assert with_word(":", "buy") == ":buy "
    assert with_word(":sim drop h", "how=") == ":sim drop how="


@given(st.text(), st.sampled_from(sorted(COMMANDS)))
def test_whatever_was_typed_an_offer_continues_it(text: str, name: str) -> None:
    for line in (text, f":{name} {text}"):
        for word in complete(line, SOURCES):
            longer = with_word(line, word)
            assert longer.rstrip().endswith(word)
            assert len(longer) > len(line.rstrip())


def test_older_lines_come_back_and_the_one_being_typed_too() -> None:
    history = History(most=3)
    for line in (":arm", ":buy SPY", ":arm", ":quit", ":limits"):
        history.add(line)
    assert history.lines == [":arm", ":quit", ":limits"]
    places = [history.walk(0, 1), history.walk(1, 1), history.walk(3, 1), history.walk(0, -1)]
    assert places == [1, 2, 3, 0]
    assert [history.at(place, ":bu") for place in (0, 1, 3)] == [":bu", ":limits", ":arm"]
