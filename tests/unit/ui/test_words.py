"""What the console says to its user, and for how long."""

from ibtui.ui.text import length
from ibtui.ui.words import AT_ONCE, LINES, STANDS, Words


class Watch:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def said(words: Words) -> list[str]:
    return [each.text for each in words.standing]


def test_a_word_stands_for_its_time_and_no_longer():
    watch = Watch()
    words = Words(watch)
    words.add("sent")
    watch.now = STANDS - 0.001
    assert said(words) == ["· sent"]
    watch.now = STANDS
    assert said(words) == []
    assert words.lines(80) == []


def test_the_newest_words_make_the_oldest_go_and_one_said_again_stands_once_but_longer():
    watch = Watch()
    words = Words(watch)
    for number in range(AT_ONCE + 2):
        words.add(f"word {number}")
    assert said(words) == [f"· word {number}" for number in range(2, AT_ONCE + 2)]
    watch.now = STANDS / 2
    words.add("word 2")
    watch.now = STANDS
    assert said(words) == ["· word 2"]


def test_how_bad_it_is_shows_without_colour():
    words = Words(Watch())
    words.add("lost", "error")
    words.add("slow", "warning")
    assert said(words) == ["✗ lost", "! slow"]
    assert [line[0][1] for line in words.lines(80)] == ["bad", "warn"]


def test_a_long_word_is_broken_between_its_words_and_no_line_is_too_wide_in_cells():
    words = Words(Watch())
    words.add("Refused: " + "the market moved since it was painted " * 3)
    assert len(words.lines(80)) == 2
    words.add("東京エレクトロン" * 20, "error")
    lines = words.lines(40)
    assert all(length(line) <= 40 for line in lines)
    assert len(lines) == 2 * LINES


def test_control_characters_are_dropped():
    words = Words(Watch())
    words.add("a\x1b[2Jb\x00c")
    assert "\x1b" not in said(words)[0]
    assert "\x00" not in said(words)[0]
