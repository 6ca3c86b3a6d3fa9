"""Who holds the few slots that IB gives."""

from hypothesis import given
from hypothesis import strategies as st

from ibtui.broker.slots import NEVER, ON_SCREEN, PINNED, SCREEN, Want, holders, lapsed

OWNERS = st.frozensets(st.sampled_from([SCREEN, PINNED, "recording 1", "watchlists"]), min_size=1)


@st.composite
def many_wants(draw: st.DrawFn) -> list[Want]:
    """Contracts in the order of their wants; at most one is on the screen, and only what was shown has a time."""
    con_ids = draw(st.lists(st.integers(1, 50), unique=True, max_size=12))
    on_screen = draw(st.sampled_from(con_ids)) if con_ids and draw(st.booleans()) else None
    wants = []
    for con_id in con_ids:
        owners = draw(OWNERS) | ({SCREEN} if con_id == on_screen else set())
        left = draw(st.integers(0, 100).map(float)) if SCREEN in owners else NEVER
        wants.append(Want(con_id, frozenset(owners), ON_SCREEN if con_id == on_screen else left))
    return wants


def test_the_pinned_come_first_then_the_screen_then_recordings_then_what_was_shown_last() -> None:
    wants = [
        Want(1, frozenset({SCREEN}), 10.0),
        Want(2, frozenset({SCREEN}), 20.0),
        Want(3, frozenset({"recording 1"})),
        Want(4, frozenset({"recording 1"})),
        Want(5, frozenset({SCREEN}), ON_SCREEN),
        Want(6, frozenset({PINNED})),
    ]
    assert holders(wants, 6) == [6, 5, 3, 4, 2, 1]
    assert holders(wants, 3) == [6, 5, 3]


@given(many_wants(), st.integers(-1, 12))
def test_no_slot_is_given_twice_none_is_left_empty_and_none_is_made_up(wants: list[Want], limit: int) -> None:
    held = holders(wants, limit)
    assert len(held) == len(set(held)) == min(max(limit, 0), len(wants))
    assert set(held) <= {each.con_id for each in wants}


@given(many_wants(), st.integers(0, 12))
def test_one_slot_less_takes_exactly_the_last_holders(wants: list[Want], limit: int) -> None:
    assert holders(wants, limit + 1)[:limit] == holders(wants, limit)


@given(many_wants(), st.integers(0, 12))
def test_whoever_goes_without_has_no_better_claim_than_any_holder(wants: list[Want], limit: int) -> None:
    def rank(want: Want) -> int:
        if PINNED in want.owners:
            return 0
        if want.shown_at == ON_SCREEN:
            return 1
        return 2 if want.owners != {SCREEN} else 3

    held = set(holders(wants, limit))
    for holder in (each for each in wants if each.con_id in held):
        for other in (each for each in wants if each.con_id not in held):
            assert rank(holder) <= rank(other)
            if rank(holder) == rank(other) == 3:
                assert holder.shown_at >= other.shown_at
            elif rank(holder) == rank(other):
                assert wants.index(holder) < wants.index(other)


@given(many_wants())
def test_only_what_the_screen_left_behind_is_ever_forgotten(wants: list[Want]) -> None:
    for want in wants:
        assert lapsed(want) == (want.owners == {SCREEN} and want.shown_at != ON_SCREEN)
