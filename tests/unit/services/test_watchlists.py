import pytest

from ibtui.errors import LinkDownError, UnknownSymbolError, UsageError
from ibtui.market.instruments import Instrument
from ibtui.services.watchlists import DEFAULTS, Watchlists

SPY, QQQ = Instrument(1, "SPY"), Instrument(2, "QQQ")


class Saved:
    """What was saved, and lists made of it as at the next start."""

    def __init__(self, stored=None):
        self.stored = dict(stored or {})
        self.places = {}
        self.lists = Watchlists(self.stored, self.save, lambda name: self.stored.pop(name))

    def save(self, name, position, entries):
        self.stored[name] = entries if position >= 0 else None
        self.places[name] = position

    def restarted(self):
        """As the journal gives them back: by place."""
        stored = {name: self.stored[name] for name in sorted(self.stored, key=lambda name: self.places.get(name, 0))}
        return Watchlists(stored, self.save, self.stored.pop)


@pytest.fixture
def saved():
    return Saved()


def test_out_of_the_box_there_are_the_sectors_and_the_benchmarks(saved):
    assert saved.lists.names == ("sectors", "benchmarks")
    assert saved.lists.entries("benchmarks") == ("SPY", "QQQ", "IWM", "DIA")
    assert len(saved.lists.unresolved()) == 15
    assert saved.stored == {}


def test_a_change_is_there_at_the_next_start(saved):
    saved.lists.add("mine", SPY)
    saved.lists.add("mine", "AAPL")
    saved.lists.remove("benchmarks", "QQQ")
    again = saved.restarted()
    assert again.entries("mine") == (SPY, "AAPL")
    assert again.entries("benchmarks") == ("SPY", "IWM", "DIA")


def test_the_same_instrument_stands_in_a_list_once(saved):
    assert saved.lists.add("mine", SPY)
    assert not saved.lists.add("mine", Instrument(1, "SPY", exchange="ARCA"))
    assert saved.lists.instruments("mine") == (SPY,)


def test_removing_what_is_not_there_changes_nothing(saved):
    assert not saved.lists.remove("mine", SPY)
    assert saved.stored == {}


def test_a_default_list_that_was_deleted_does_not_come_back(saved):
    saved.lists.remove_list("sectors")
    assert saved.lists.names == saved.restarted().names == ("benchmarks",)
    saved.lists.add_list("sectors")
    assert saved.restarted().entries("sectors") == ()


def test_lists_are_made_renamed_and_put_in_order_and_stay_so(saved):
    saved.lists.add_list("mine")
    saved.lists.add("mine", SPY)
    saved.lists.move_list("mine", 0)
    saved.lists.rename_list("sectors", "spdr")
    assert saved.lists.names == saved.restarted().names == ("mine", "spdr", "benchmarks")
    assert len(saved.restarted().entries("spdr")) == 11
    saved.lists.move_list("mine", 99)
    assert saved.restarted().names == ("spdr", "benchmarks", "mine")


@pytest.mark.parametrize("name", ["sectors", "", " ", "x" * 25, "a\x1bb"])
def test_a_name_that_is_taken_or_none_is_refused(saved, name):
    with pytest.raises(UsageError):
        saved.lists.add_list(name)
    with pytest.raises(UsageError):
        saved.lists.rename_list("benchmarks", name)
    for change in (saved.lists.remove_list, lambda none: saved.lists.move_list(none, 0)):
        with pytest.raises(UsageError, match="there are: sectors, benchmarks"):
            change("none")
    assert saved.stored == {}


def test_a_symbol_moves_in_its_list_and_no_further_than_its_ends(saved):
    assert saved.lists.move("benchmarks", "IWM", -1)
    assert saved.lists.move("benchmarks", "IWM", -9)
    assert not saved.lists.move("benchmarks", "IWM", -1)
    assert not saved.lists.move("benchmarks", SPY, 1), "it is not in it"
    assert saved.restarted().entries("benchmarks") == ("IWM", "SPY", "QQQ", "DIA")


def test_a_list_of_ones_own_that_was_removed_is_gone(saved):
    saved.lists.add("mine", SPY)
    saved.lists.remove_list("mine")
    assert "mine" not in saved.restarted().names


def test_a_symbol_keeps_its_place_when_its_contract_is_found(saved):
    saved.lists.resolved("QQQ", QQQ)
    assert saved.lists.entries("benchmarks") == ("SPY", QQQ, "IWM", "DIA")
    assert saved.lists.all_instruments() == (QQQ,)


def test_two_symbols_of_one_contract_become_one_entry(saved):
    saved.lists.add("mine", "SPY")
    saved.lists.add("mine", "SPY:ARCA")
    saved.lists.resolved("SPY", SPY)
    saved.lists.resolved("SPY:ARCA", SPY)
    assert saved.lists.entries("mine") == (SPY,)


async def test_what_cannot_be_found_says_why_and_the_rest_is_found(saved):
    ids = {symbol: number for number, symbol in enumerate(sum(DEFAULTS.values(), ()))}

    async def find(text):
        if text == "XLRE":
            raise UnknownSymbolError("no contract fits XLRE")
        return Instrument(ids[text], text)

    await saved.lists.resolve(find)
    assert saved.lists.unresolved() == ("XLRE",)
    assert saved.lists.problems == {"XLRE": "no contract fits XLRE"}
    assert [each.symbol for each in saved.lists.instruments("benchmarks")] == ["SPY", "QQQ", "IWM", "DIA"]


async def test_without_a_connection_nothing_is_called_unknown(saved):
    async def find(text):
        raise LinkDownError("no session")

    await saved.lists.resolve(find)
    assert saved.lists.problems == {}
    assert len(saved.lists.unresolved()) == 15


def test_listeners_hear_which_list_changed(saved):
    heard = []
    saved.lists.on_change.append(heard.append)
    saved.lists.add("mine", SPY)
    saved.lists.resolved("SPY", SPY)
    assert heard == ["mine", "benchmarks"]
