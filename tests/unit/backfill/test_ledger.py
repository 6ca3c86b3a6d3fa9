from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ibtui.backfill.ledger import Coverage, Range, merged, settled, within, without

LAST = 60
ranges = st.lists(st.builds(lambda a, b: Range(min(a, b), max(a, b)), st.integers(0, LAST), st.integers(0, LAST)))


def seconds(of: object) -> set[int]:
    """The model: a range is the set of its seconds."""
    return {second for start, end in of for second in range(start, end)}  # type: ignore[attr-defined]


def is_canonical(of: tuple[Range, ...]) -> bool:
    return all(each.start < each.end for each in of) and all(a.end < b.start for a, b in pairwise(of))


@given(ranges)
def test_merging_keeps_every_second_and_leaves_no_two_ranges_touching(some):
    assert seconds(merged(some)) == seconds(some)
    assert is_canonical(merged(some))


@given(ranges, ranges)
def test_what_is_removed_is_gone_and_the_rest_stays(some, removed):
    rest = without(some, removed)
    assert seconds(rest) == seconds(some) - seconds(removed)
    assert is_canonical(rest)


@given(ranges, st.integers(0, LAST), st.integers(0, LAST))
def test_what_lies_within_bounds_is_kept(some, start, end):
    inside = within(some, Range(start, end))
    assert seconds(inside) == seconds(some) & set(range(start, end))
    assert is_canonical(inside)


def test_only_an_answer_settles_a_stretch():
    rows = [Coverage(0, 10, "data"), Coverage(10, 20, "empty"), Coverage(20, 30, "error"), Coverage(30, 40, "missing")]
    assert settled(rows) == (Range(0, 20),)


def test_a_later_answer_settles_what_was_refused_before():
    assert settled([Coverage(0, 10, "error"), Coverage(0, 10, "data")]) == (Range(0, 10),)
