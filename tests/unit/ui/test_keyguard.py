import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.ui.keyguard import BURST, QUIET, KeyGuard

ESC = "\x1b"


def test_a_key_that_arrives_alone_may_trade():
    guard = KeyGuard()
    assert guard.read("b", 10.0) == "b"
    assert guard.trusts(10.0)


def test_the_second_half_of_a_split_arrow_may_not_trade():
    guard = KeyGuard()
    guard.read(ESC + "[", 10.0)
    guard.read("B", 10.15)
    assert not guard.trusts(10.15)
    assert guard.trusts(10.0 + QUIET)


@pytest.mark.parametrize("arrow", ["\x1b[A", "\x1bOB", "\x1b[1;5C", "\x1b[6~", "\x1b[98u", "\x1b[98;1;98u"])
def test_a_whole_known_key_is_passed_on_and_casts_no_doubt(arrow):
    guard = KeyGuard()
    assert guard.read(arrow, 10.0) == arrow
    assert guard.trusts(10.0)


@pytest.mark.parametrize("escape", [ESC, "\x1b[27u", "\x1b[27;1u"])
def test_no_trading_right_after_escape(escape):
    guard = KeyGuard()
    assert guard.read(escape, 10.0) == escape
    assert not guard.trusts(10.2)


def test_keys_that_came_together_may_not_trade():
    guard = KeyGuard()
    assert guard.read("jb", 10.0) == "jb"
    assert not guard.trusts(10.0)


def test_the_answer_to_our_probe_casts_no_doubt_on_the_key_beside_it():
    guard = KeyGuard()
    assert guard.read("\x1b[24;80Rb", 10.0) == "\x1b[24;80Rb"
    assert guard.trusts(10.0)


@pytest.mark.parametrize(
    "reads", [["\x1b[200~b"], ["\x1b[200~"], ["\x1b[200~b", "\x1b[201~"], ["\x1b[200~", "b", "\x1b[201~"]]
)
def test_no_trading_in_a_paste_nor_right_after_it(reads):
    guard, at = KeyGuard(), 10.0
    for at, part in enumerate(reads, 10):
        guard.read(part, float(at))
    guard.read("B", at + 0.2)
    assert not guard.trusts(at + 0.2)
    assert guard.trusts(at + QUIET)


@pytest.mark.parametrize(
    "unknown",
    [
        "\x1b[?1;2c",
        "\x1b[>0;276;0c",
        "\x1b]11;rgb:1e1e/1e1e/1e1e\x07",
        "\x1b]11;rgb:1e/1e/1e\x1b\\",
        "\x1bP1+r544e\x1b\\",
    ],
)
def test_an_unknown_sequence_is_swallowed_whole(unknown):
    guard = KeyGuard()
    assert guard.read(f"j{unknown}", 10.0) == "j"
    assert guard.swallowed == 1
    assert not guard.trusts(10.1)


@given(st.integers(1, 24))
def test_a_string_that_comes_in_two_reads_is_swallowed_whole(at):
    answer = "\x1b]11;rgb:1e1e/1e1e/1e1e\x07"
    guard = KeyGuard()
    first = guard.read(answer[:at], 10.0)
    second = guard.read(answer[at:] + "k", 10.1)
    if at > 1:  # a lone ESC can't be told from the key
        assert (first + second) == "k"
    assert not guard.trusts(10.1)


@given(st.text(alphabet=st.characters(exclude_characters=ESC), max_size=40))
def test_text_without_escape_passes_unchanged(typed):
    assert KeyGuard().read(typed, 0.0) == typed


def test_a_text_pasted_by_a_terminal_that_does_not_say_so_becomes_a_paste():
    guard = KeyGuard()
    words = "bq\rx" * BURST
    assert guard.read("\x1b[2;2R" + words + "\x1b[A", 10.0) == "\x1b[2;2R\x1b[200~" + words + "\x1b[201~"
    assert guard.read("its tail", 10.1) == "\x1b[200~its tail\x1b[201~"
    assert guard.read("\x18", 10.2) == "\x18", "one key alone is a key again: a cancel is never kept waiting"
    assert guard.read("jj", 10.1 + QUIET) == "jj"


def test_a_bracketed_paste_of_many_reads_is_left_as_it_is():
    guard = KeyGuard()
    for part in ("\x1b[200~" + "b" * BURST, "s" * BURST, "b" * BURST + "\x1b[201~"):
        assert guard.read(part, 10.0) == part
    assert guard.read("b" * BURST, 11.0) != "b" * BURST
