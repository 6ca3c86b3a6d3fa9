import re

import pytest

from ibtui.errors import ConfigError
from ibtui.ui import keymap
from ibtui.ui.keymap import KEYS
from ibtui.ui.keys.key import EVERYWHERE, GRID


def test_the_built_in_table_has_no_clash_and_no_repeated_action():
    assert keymap.keymap({}) == KEYS
    assert len({each.id for each in KEYS}) == len(KEYS)


def test_a_key_from_the_settings_takes_the_place_of_the_built_in_one():
    table = keymap.keymap({"order.buy": "f2"})
    assert next(each.keys for each in table if each.id == "order.buy") == "f2"


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        ({"order.bye": "b"}, "unknown action 'order.bye'"),
        ({"order.buy": "hyper+b"}, "is no key"),
        ({"order.buy": "banana"}, "is no key"),
        ({"order.buy": "s"}, "would be both"),
        ({"order.buy": "1"}, "would be both"),
        ({"ladder.centre": "j"}, "would be both"),
        ({"board.sort": "o"}, "would be both"),  # on the desk it would be pressed for the ladder's and sell
    ],
)
def test_a_wrong_key_is_an_error_of_one_line_that_says_what_is_allowed(overrides, says):
    with pytest.raises(ConfigError, match=says) as caught:
        keymap.keymap(overrides)
    assert "\n" not in str(caught.value)


def test_one_key_may_do_different_things_on_different_screens():
    assert keymap.keymap({"tape.pause": "c"})


def test_cancelling_everything_works_inside_inputs_and_dialogs():
    cancel_all = next(each for each in KEYS if each.id == "cancel.all")
    assert (cancel_all.keys, cancel_all.priority, cancel_all.where) == ("ctrl+x", True, (EVERYWHERE,))


def test_every_key_of_the_table_is_bound_where_it_says():
    for where in {place for each in KEYS for place in each.where}:
        bound = {binding.id: binding for binding in keymap.bindings(where)}
        wanted = {each.id: each for each in KEYS if where in each.where}
        assert bound.keys() == wanted.keys()
        assert all(
            bound[name].key == each.keys and bound[name].priority == each.priority for name, each in wanted.items()
        )


def test_keys_that_trade_are_marked_for_the_guard():
    trading = {each.id for each in KEYS if each.trading}
    assert {"order.buy", "order.sell", "cancel.order", "cancel.symbol"} <= trading


def test_the_readme_table_holds_every_key():
    table = keymap.markdown()
    for each in KEYS:
        assert each.help in table
        assert all(f"`{key}`" in table for key in re.split(",", each.keys))


def test_the_footer_shows_a_screens_own_keys_first():
    shown = [each.id for each in keymap.on_screen(KEYS, "tape")]
    assert shown[0] in ("order.buy", "tape.pause")
    assert shown.index("tape.pause") < shown.index("quit")
    assert not any(GRID in each.where for each in keymap.on_screen(KEYS, "tape"))
