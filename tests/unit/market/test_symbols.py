import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.errors import UnknownSymbolError
from ibtui.market.symbols import CURRENCIES, Query, parse_symbol


def first(text):
    return parse_symbol(text).candidates[0]


def kinds(text):
    return [each.sec_type for each in parse_symbol(text).candidates]


def test_a_plain_word_is_a_stock_then_a_future_then_the_rest():
    assert first("aapl") == Query("STK", "AAPL", "SMART", "USD")
    assert kinds("AAPL")[:3] == ["STK", "FUT", "IND"]


def test_a_pair_of_currencies_is_forex_with_or_without_its_dot():
    for text in ("EUR.USD", "EURUSD", "eur/usd"):
        assert first(text) == Query("CASH", "EUR", "IDEALPRO", "USD")
    assert kinds("EUR.USD") == ["CASH"]
    assert kinds("EURUSD")[:2] == ["CASH", "STK"]
    assert first("EUREUR").sec_type == "STK"


def test_an_index_future_is_meant_by_its_root():
    assert first("ES") == Query("FUT", "ES", "CME")
    assert kinds("ES")[1] == "STK"
    assert kinds("CL")[:2] == ["STK", "FUT"]
    assert parse_symbol("CL").candidates[1].exchange == "NYMEX"


@pytest.mark.parametrize(("text", "local"), [("ESZ6", "ESZ6"), ("ESZ26", "ESZ6"), ("6EH7", "6EH7")])
def test_a_contract_of_a_future_is_found_by_its_local_symbol(text, local):
    assert first(text).sec_type == "FUT"
    assert first(text).local_symbol == local
    assert first("ESZ6") == Query("FUT", "ES", "CME", local_symbol="ESZ6")


def test_crypto_is_a_coin_and_a_currency():
    assert first("BTC.USD") == Query("CRYPTO", "BTC", "PAXOS", "USD")
    assert kinds("BTC.USD") == ["CRYPTO", "CRYPTO", "STK"]
    assert kinds("VOD.GBP") == ["STK", "CRYPTO", "CRYPTO"]
    assert "CRYPTO" in kinds("BTC")


def test_an_index_knows_where_it_is_computed():
    assert Query("IND", "SPX", "CBOE") in parse_symbol("SPX").candidates


def test_share_classes_are_written_with_a_dot_or_a_space():
    for text in ("BRK.B", "BRK B", "brk/b"):
        assert parse_symbol(text).candidates == (Query("STK", "BRK B", "SMART", "USD"),)


def test_an_option_names_expiry_right_and_strike():
    wanted = Query("OPT", "AAPL", "SMART", "USD", "20261218", 300.0, "C")
    for text in ("AAPL 261218C300", "AAPL 20261218C300", "AAPL   261218C00300000", "aapl 261218c300.0"):
        assert parse_symbol(text).candidates == (wanted,)
    assert first("BRK.B 261218P450.5") == Query("OPT", "BRK B", "SMART", "USD", "20261218", 450.5, "P")


def test_a_contract_id_is_taken_as_it_is():
    assert parse_symbol("#265598").candidates == (Query(con_id=265598),)


def test_options_after_colons_narrow_every_candidate():
    assert first("AAPL:LSE:GBP") == Query("STK", "AAPL", "LSE", "GBP")
    assert first("AAPL:GBP:LSE") == Query("STK", "AAPL", "LSE", "GBP")
    assert parse_symbol("ES:STK").candidates == (Query("STK", "ES", "SMART", "USD"),)
    assert parse_symbol("AAPL:WAR").candidates == (Query("WAR", "AAPL"),)
    assert parse_symbol("AAPL: lse ").text == "AAPL: LSE"


def test_currency_narrowing_leaves_no_candidate_twice():
    candidates = parse_symbol("BTC.USD:PAXOS").candidates
    assert len(candidates) == len(set(candidates)) == 2


@pytest.mark.parametrize(
    "text",
    ["", "   ", "$$$", "\x1b[2J", "AAPL:", "AAPL::GBP", "#", "#0", "#12345678901", "A" * 61, "É", "AAPL\x00", "a b c",
     "#12AB", "12 34", "_", ":LSE"],
)  # fmt: skip
def test_nonsense_is_refused_in_a_line_that_can_be_printed(text):
    with pytest.raises(UnknownSymbolError) as refused:
        parse_symbol(text)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 250


@given(st.text(max_size=80))
def test_any_text_gives_candidates_or_a_clear_refusal(text):
    try:
        wanted = parse_symbol(text)
    except UnknownSymbolError:
        return
    assert wanted.candidates
    assert all(each.symbol or each.con_id for each in wanted.candidates)


@given(st.sampled_from(sorted(CURRENCIES)), st.sampled_from(sorted(CURRENCIES)))
def test_every_pair_of_two_currencies_is_forex(base, quote):
    if base != quote:
        assert first(f"{base}.{quote}") == Query("CASH", base, "IDEALPRO", quote)
