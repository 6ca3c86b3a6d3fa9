"""Answers about contracts: details, symbols that match, increments, venues."""

from ibtui.sim import data_messages, data_requests, messages, requests
from ibtui.sim.client import Client
from ibtui.sim.contract_values import NO_CONTRACT, NO_CONTRACT_TEXT, contract_values, find
from ibtui.sim.gateway import Gateway
from ibtui.sim.schema import Values
from ibtui.sim.universe import MARKET_RULES, Listing

NO_MARKET_RULE = 321

DEPTH_VENUES = ("AMEX", "ARCA", "BATS", "BEX", "BYX", "DRCTEDGE", "EDGEA", "IEX", "MEMX", "NASDAQ", "NYSE", "PSX")
"""Venues whose own books can be asked for."""


def contract_details(gateway: Gateway, client: Client, ask: Values) -> None:
    """All that is known of the contracts that fit."""
    req_id = ask["req_id"]
    listings = find(gateway.exchange.universe, ask)
    if not listings:
        client.error(req_id, NO_CONTRACT, NO_CONTRACT_TEXT)
        return
    for listing in listings:
        instrument = gateway.exchange.describe(listing.con_id)
        client.send(
            messages.CONTRACT_DETAILS,
            **contract_values(instrument, ask["exchange"] or instrument.exchange),
            req_id=req_id,
            market_name=listing.market_name,
            min_tick=instrument.min_tick,
            order_types=listing.order_types,
            valid_exchanges=listing.valid_exchanges,
            price_magnifier=listing.price_magnifier,
            long_name=instrument.long_name,
            industry=listing.industry,
            category=listing.category,
            subcategory=listing.subcategory,
            time_zone=instrument.time_zone,
            trading_hours=instrument.trading_hours,
            liquid_hours=instrument.liquid_hours,
            agg_group=listing.aggregated_group,
            market_rule_ids=listing.market_rule_ids,
            stock_type=listing.stock_type,
            **_under(listing),
            min_size=listing.min_size,
            size_increment=listing.size_increment,
            suggested_size_increment=listing.suggested_size_increment,
        )
    client.send(messages.CONTRACT_DETAILS_END, req_id=req_id)


def matching_symbols(gateway: Gateway, client: Client, ask: Values) -> None:
    """Contracts whose symbol or name fits a pattern."""
    universe = gateway.exchange.universe
    contracts = [
        {
            **contract_values(listing.instrument),
            "primary_exchange": listing.instrument.primary_exchange or listing.instrument.exchange,
            "derivatives": [
                {"sec_type": each}
                for each in ("CFD", "OPT")
                if listing.instrument.sec_type == "STK" and (each == "CFD" or universe.options_on(listing.con_id))
            ],
            "description": listing.instrument.long_name,
            "issuer_id": "",
        }
        for listing in universe.matching(ask["pattern"] or "")
    ]
    client.send(messages.SYMBOL_SAMPLES, req_id=ask["req_id"], contracts=contracts)


def market_rule(_: Gateway, client: Client, ask: Values) -> None:
    """The price increments of a rule."""
    rule = MARKET_RULES.get(ask["rule_id"])
    if rule is None:
        client.error(-1, NO_MARKET_RULE, f"Error validating request.-'{ask['rule_id']}' is no market rule id")
        return
    increments = [{"low_edge": low_edge, "increment": increment} for low_edge, increment in rule]
    client.send(messages.MARKET_RULE, rule_id=ask["rule_id"], increments=increments)


def _under(listing: Listing) -> Values:
    """What a derivative is on, and when it ends."""
    instrument, below = listing.instrument, listing.underlying
    if instrument.sec_type not in ("FUT", "OPT"):
        return {}
    return {
        "contract_month": instrument.last_trade_date[:6],
        "real_expiration_date": instrument.last_trade_date,
        "under_con_id": below.con_id if below is not None else 0,
        "under_symbol": instrument.symbol,
        "under_sec_type": "STK" if below is not None else "IND",
    }


def option_parameters(gateway: Gateway, client: Client, ask: Values) -> None:
    """Expirations and strikes of the options on a contract, for each place that trades them."""
    options = gateway.exchange.universe.options_on(ask["con_id"] or 0)
    places = options[0].valid_exchanges.split(",") if options else []
    for place in places:
        if ask["exchange"] not in (None, "", place):
            continue
        client.send(
            data_messages.OPTION_PARAMETERS,
            req_id=ask["req_id"],
            exchange=place,
            under_con_id=ask["con_id"],
            trading_class=options[0].instrument.trading_class,
            multiplier=f"{options[0].instrument.multiplier:g}",
            expirations=[{"date": each} for each in sorted({each.instrument.last_trade_date for each in options})],
            strikes=[{"strike": each} for each in sorted({each.instrument.strike or 0.0 for each in options})],
        )
    client.send(data_messages.OPTION_PARAMETERS_END, req_id=ask["req_id"])


def depth_exchanges(_: Gateway, client: Client, __: Values) -> None:
    """The venues that show depth."""
    exchanges = [{"exchange": venue, "sec_type": "STK", "listing_exchange": ""} for venue in DEPTH_VENUES]
    client.send(messages.DEPTH_EXCHANGES, exchanges=exchanges)


def smart_components(_: Gateway, client: Client, ask: Values) -> None:
    """The venues behind a best bid and offer, by bit and letter."""
    components = [
        {"bit": bit, "exchange": venue, "letter": chr(ord("A") + bit)} for bit, venue in enumerate(DEPTH_VENUES)
    ]
    client.send(messages.SMART_COMPONENTS, req_id=ask["req_id"], components=components)


ANSWERS = {
    requests.CONTRACT_DETAILS: contract_details,
    requests.MATCHING_SYMBOLS: matching_symbols,
    requests.MARKET_RULE: market_rule,
    data_requests.OPTION_PARAMETERS: option_parameters,
    requests.DEPTH_EXCHANGES: depth_exchanges,
    requests.SMART_COMPONENTS: smart_components,
}
