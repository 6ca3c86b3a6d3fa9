"""Everything a client may ask: number, fields, and the server versions that have them."""

from collections.abc import Mapping
from typing import Any

from ibtui.sim import data_requests
from ibtui.sim.order_fields import COMBO_LEGS
from ibtui.sim.request_fields import CONTRACT, EXPIRED, LEGS, REQ_ID, equals
from ibtui.sim.schema import FLAG, INT, NUMBER, Field, Fixed, Item, Message, Repeat, When


def _given(name: str) -> Any:
    def test(values: Mapping[str, Any]) -> bool:
        return bool(values.get(name))

    return test


def _scaled(values: Mapping[str, Any]) -> bool:
    return (values.get("scale_increment") or 0) > 0


_DELTA_NEUTRAL: tuple[Item, ...] = (
    Field("delta_neutral", FLAG),
    When(
        _given("delta_neutral"),
        (
            Field("delta_neutral_contract", INT),
            Field("delta_neutral_delta", NUMBER),
            Field("delta_neutral_price", NUMBER),
        ),
    ),
)
_TAGS = (Field("tag"), Field("value"))

MARKET_DATA = Message(
    1,
    "reqMktData",
    Fixed("11"),
    REQ_ID,
    *CONTRACT,
    LEGS,
    *_DELTA_NEUTRAL,
    Field("generic_ticks"),
    Field("snapshot", FLAG),
    Field("regulatory_snapshot", FLAG),
    Field("options"),
)
CANCEL_MARKET_DATA = Message(2, "cancelMktData", Fixed("2"), REQ_ID)
CANCEL_ORDER = Message(4, "cancelOrder", Fixed("1"), Field("order_id", INT), Field("manual_time", since=169))
OPEN_ORDERS = Message(5, "reqOpenOrders", Fixed("1"))
ACCOUNT_UPDATES = Message(6, "reqAccountUpdates", Fixed("2"), Field("subscribe", FLAG), Field("account"))
EXECUTIONS = Message(
    7,
    "reqExecutions",
    Fixed("3"),
    REQ_ID,
    Field("client_id", INT),
    Field("account"),
    Field("time"),
    Field("symbol"),
    Field("sec_type"),
    Field("exchange"),
    Field("side"),
)
IDS = Message(8, "reqIds", Fixed("1"), Field("count", INT))
CONTRACT_DETAILS = Message(
    9,
    "reqContractDetails",
    Fixed("8"),
    REQ_ID,
    *CONTRACT,
    EXPIRED,
    Field("sec_id_type"),
    Field("sec_id"),
    Field("issuer_id", since=176),
)
DEPTH = Message(
    10, "reqMktDepth", Fixed("5"), REQ_ID, *CONTRACT, Field("rows", INT), Field("smart", FLAG), Field("options")
)  # fmt: skip
CANCEL_DEPTH = Message(11, "cancelMktDepth", Fixed("1"), REQ_ID, Field("smart", FLAG))
NEWS_BULLETINS = Message(12, "reqNewsBulletins", Fixed("1"), Field("all_messages", FLAG))
CANCEL_NEWS_BULLETINS = Message(13, "cancelNewsBulletins", Fixed("1"))
SERVER_LOG_LEVEL = Message(14, "setServerLogLevel", Fixed("1"), Field("level", INT))
AUTO_OPEN_ORDERS = Message(15, "reqAutoOpenOrders", Fixed("1"), Field("bind", FLAG))
ALL_OPEN_ORDERS = Message(16, "reqAllOpenOrders", Fixed("1"))
MANAGED_ACCOUNTS = Message(17, "reqManagedAccts", Fixed("1"))
CURRENT_TIME = Message(49, "reqCurrentTime", Fixed("1"))
GLOBAL_CANCEL = Message(58, "reqGlobalCancel", Fixed("1"))
MARKET_DATA_TYPE = Message(59, "reqMarketDataType", Fixed("1"), Field("data_type", INT))
POSITIONS = Message(61, "reqPositions", Fixed("1"))
ACCOUNT_SUMMARY = Message(62, "reqAccountSummary", Fixed("1"), REQ_ID, Field("group"), Field("tags"))
CANCEL_ACCOUNT_SUMMARY = Message(63, "cancelAccountSummary", Fixed("1"), REQ_ID)
CANCEL_POSITIONS = Message(64, "cancelPositions", Fixed("1"))
START_API = Message(71, "startApi", Fixed("2"), Field("client_id", INT), Field("capabilities"))
POSITIONS_MULTI = Message(74, "reqPositionsMulti", Fixed("1"), REQ_ID, Field("account"), Field("model_code"))
CANCEL_POSITIONS_MULTI = Message(75, "cancelPositionsMulti", Fixed("1"), REQ_ID)
ACCOUNT_UPDATES_MULTI = Message(
    76,
    "reqAccountUpdatesMulti",
    Fixed("1"),
    REQ_ID,
    Field("account"),
    Field("model_code"),
    Field("ledger_only", FLAG),
)
CANCEL_ACCOUNT_UPDATES_MULTI = Message(77, "cancelAccountUpdatesMulti", Fixed("1"), REQ_ID)
SOFT_DOLLAR_TIERS = Message(79, "reqSoftDollarTiers", REQ_ID)
FAMILY_CODES = Message(80, "reqFamilyCodes")
MATCHING_SYMBOLS = Message(81, "reqMatchingSymbols", REQ_ID, Field("pattern"))
DEPTH_EXCHANGES = Message(82, "reqMktDepthExchanges")
SMART_COMPONENTS = Message(83, "reqSmartComponents", REQ_ID, Field("bbo_exchange"))
NEWS_PROVIDERS = Message(85, "reqNewsProviders")
MARKET_RULE = Message(91, "reqMarketRule", Field("rule_id", INT))
PNL = Message(92, "reqPnL", REQ_ID, Field("account"), Field("model_code"))
CANCEL_PNL = Message(93, "cancelPnL", REQ_ID)
PNL_SINGLE = Message(94, "reqPnLSingle", REQ_ID, Field("account"), Field("model_code"), Field("con_id", INT))
CANCEL_PNL_SINGLE = Message(95, "cancelPnLSingle", REQ_ID)
TICK_BY_TICK = Message(
    97, "reqTickByTickData", REQ_ID, *CONTRACT, Field("kind"), Field("count", INT), Field("ignore_size", FLAG)
)  # fmt: skip
CANCEL_TICK_BY_TICK = Message(98, "cancelTickByTickData", REQ_ID)
COMPLETED_ORDERS = Message(99, "reqCompletedOrders", Field("api_only", FLAG))
USER_INFO = Message(104, "reqUserInfo", REQ_ID)

_ORDER_LEGS: Item = When(equals("sec_type", "BAG"), COMBO_LEGS)
_PEGGED_TO_MIDPOINT = (Field("mid_offset_whole", NUMBER), Field("mid_offset_half", NUMBER))


def _infinite_offset(values: Mapping[str, Any]) -> bool:
    return bool(values.get("compete_offset") == float("inf"))


PLACE_ORDER = Message(
    3,
    "placeOrder",
    Field("order_id", INT),
    *CONTRACT,
    Field("sec_id_type"),
    Field("sec_id"),
    Field("action"),
    Field("quantity", NUMBER),
    Field("order_type"),
    Field("limit_price", NUMBER),
    Field("aux_price", NUMBER),
    Field("tif"),
    Field("oca_group"),
    Field("account"),
    Field("open_close"),
    Field("origin", INT),
    Field("order_ref"),
    Field("transmit", FLAG),
    Field("parent_id", INT),
    Field("block_order", FLAG),
    Field("sweep_to_fill", FLAG),
    Field("display_size", INT),
    Field("trigger_method", INT),
    Field("outside_rth", FLAG),
    Field("hidden", FLAG),
    _ORDER_LEGS,
    Fixed(""),
    Field("discretionary_amount", NUMBER),
    Field("good_after_time"),
    Field("good_till_date"),
    Field("fa_group"),
    Field("fa_method"),
    Field("fa_percentage"),
    Field("fa_profile", before=177),
    Field("model_code"),
    Field("short_sale_slot", INT),
    Field("designated_location"),
    Field("exempt_code", INT),
    Field("oca_type", INT),
    Field("rule_80a"),
    Field("settling_firm"),
    Field("all_or_none", FLAG),
    Field("min_quantity", INT),
    Field("percent_offset", NUMBER),
    Field("etrade_only", FLAG),
    Field("firm_quote_only", FLAG),
    Field("nbbo_price_cap", NUMBER),
    Field("auction_strategy", INT),
    Field("starting_price", NUMBER),
    Field("stock_reference_price", NUMBER),
    Field("delta", NUMBER),
    Field("stock_range_lower", NUMBER),
    Field("stock_range_upper", NUMBER),
    Field("override_percentage", FLAG),
    Field("volatility", NUMBER),
    Field("volatility_type", INT),
    Field("delta_neutral_order_type"),
    Field("delta_neutral_aux_price", NUMBER),
    When(
        _given("delta_neutral_order_type"),
        (
            Field("delta_neutral_con_id", INT),
            Field("delta_neutral_settling_firm"),
            Field("delta_neutral_clearing_account"),
            Field("delta_neutral_clearing_intent"),
            Field("delta_neutral_open_close"),
            Field("delta_neutral_short_sale", FLAG),
            Field("delta_neutral_short_sale_slot", INT),
            Field("delta_neutral_designated_location"),
        ),
    ),
    Field("continuous_update", FLAG),
    Field("reference_price_type", INT),
    Field("trail_stop_price", NUMBER),
    Field("trailing_percent", NUMBER),
    Field("scale_initial_size", INT),
    Field("scale_next_size", INT),
    Field("scale_increment", NUMBER),
    When(
        _scaled,
        (
            Field("scale_adjust_value", NUMBER),
            Field("scale_adjust_interval", INT),
            Field("scale_profit_offset", NUMBER),
            Field("scale_auto_reset", FLAG),
            Field("scale_initial_position", INT),
            Field("scale_initial_fill", INT),
            Field("scale_random", FLAG),
        ),
    ),
    Field("scale_table"),
    Field("active_start"),
    Field("active_stop"),
    Field("hedge_type"),
    When(_given("hedge_type"), (Field("hedge_parameter"),)),
    Field("opt_out_smart_routing", FLAG),
    Field("clearing_account"),
    Field("clearing_intent"),
    Field("not_held", FLAG),
    *_DELTA_NEUTRAL,
    Field("algo_strategy"),
    When(_given("algo_strategy"), (Repeat("algo_parameters", _TAGS),)),
    Field("algo_id"),
    Field("what_if", FLAG),
    Field("misc_options"),
    Field("solicited", FLAG),
    Field("randomize_size", FLAG),
    Field("randomize_price", FLAG),
    When(
        equals("order_type", "PEG BENCH"),
        (
            Field("reference_contract", INT),
            Field("pegged_change_decrease", FLAG),
            Field("pegged_change", NUMBER),
            Field("reference_change", NUMBER),
            Field("reference_exchange"),
        ),
    ),
    Field("conditions", INT),
    # An order with conditions is refused, so what follows their count is never needed.
    When(
        lambda values: not values["conditions"],
        (
            Field("adjusted_order_type"),
            Field("trigger_price", NUMBER),
            Field("limit_price_offset", NUMBER),
            Field("adjusted_stop_price", NUMBER),
            Field("adjusted_stop_limit_price", NUMBER),
            Field("adjusted_trailing_amount", NUMBER),
            Field("adjustable_trailing_unit", INT),
            Field("external_operator"),
            Field("soft_dollar_name"),
            Field("soft_dollar_value"),
            Field("cash_quantity", NUMBER),
            Field("decision_maker"),
            Field("decision_algo"),
            Field("execution_trader"),
            Field("execution_algo"),
            Field("no_auto_price_for_hedge", FLAG),
            Field("oms_container", FLAG),
            Field("discretionary_up_to_limit", FLAG),
            Field("price_management", FLAG),
            Field("duration", INT, since=158),
            Field("post_to_ats", INT, since=160),
            Field("auto_cancel_parent", FLAG, since=162),
            Field("advanced_error_override", since=166),
            Field("manual_time", since=169),
            When(equals("exchange", "IBKRATS"), (Field("min_trade_quantity", INT),), since=170),
            When(
                equals("order_type", "PEG BEST"),
                (
                    Field("min_compete_size", INT),
                    Field("compete_offset", NUMBER),
                    When(_infinite_offset, _PEGGED_TO_MIDPOINT),
                ),
                since=170,
            ),
            When(equals("order_type", "PEG MID"), _PEGGED_TO_MIDPOINT, since=170),
        ),
    ),
)

INCOMING: Mapping[int, Message] = {
    message.number: message
    for message in [*globals().values(), *vars(data_requests).values()]
    if isinstance(message, Message)
}
"""Every message above and in :mod:`ibtui.sim.data_requests`, by number."""
