"""Everything the gateway sends: number, fields, and the server versions that have them."""

from collections.abc import Mapping
from typing import Any

from ibtui.sim import data_messages
from ibtui.sim.data_messages import REQ_ID
from ibtui.sim.order_fields import COMPLETED_ORDER_ITEMS, OPEN_ORDER_ITEMS
from ibtui.sim.schema import FLAG, INT, NUMBER, SET_NUMBER, TEXT, Field, Fixed, Item, Message, Repeat, When

CONTRACT: tuple[Item, ...] = (
    Field("con_id", INT),
    Field("symbol"),
    Field("sec_type"),
    Field("last_trade_date"),
    Field("strike", NUMBER, default=0.0),
    Field("right"),
    Field("multiplier"),
    Field("exchange"),
    Field("currency"),
    Field("local_symbol"),
    Field("trading_class"),
)
"""A contract as orders, fills and positions carry it."""

PORTFOLIO_CONTRACT: tuple[Item, ...] = tuple(
    Field("primary_exchange") if item == Field("exchange") else item for item in CONTRACT
)
"""The same in portfolio rows, which name the primary exchange instead."""

TICK_PRICE = Message(
    1, "tickPrice", Fixed("6"), REQ_ID, Field("kind", INT), Field("price", NUMBER), Field("size", NUMBER),
    Field("attributes", INT, default=0),
)  # fmt: skip
TICK_SIZE = Message(2, "tickSize", Fixed("6"), REQ_ID, Field("kind", INT), Field("size", NUMBER))
ORDER_STATUS = Message(
    3,
    "orderStatus",
    Field("order_id", INT),
    Field("status"),
    Field("filled", NUMBER),
    Field("remaining", NUMBER),
    Field("average_price", NUMBER, default=0.0),
    Field("perm_id", INT),
    Field("parent_id", INT, default=0),
    Field("last_price", NUMBER, default=0.0),
    Field("client_id", INT),
    Field("why_held"),
    Field("market_cap_price", NUMBER, default=0.0),
)
ERROR = Message(
    4, "error", Fixed("2"), REQ_ID, Field("code", INT), Field("text"), Field("advanced_reject", since=166)
)  # fmt: skip
OPEN_ORDER = Message(5, "openOrder", Field("order_id", INT), *CONTRACT, *OPEN_ORDER_ITEMS)
ACCOUNT_VALUE = Message(
    6, "updateAccountValue", Fixed("2"), Field("key"), Field("value"), Field("currency"), Field("account")
)  # fmt: skip
PORTFOLIO_VALUE = Message(
    7,
    "updatePortfolio",
    Fixed("8"),
    *PORTFOLIO_CONTRACT,
    Field("position", NUMBER),
    Field("market_price", NUMBER),
    Field("market_value", NUMBER),
    Field("average_cost", NUMBER),
    Field("unrealized_pnl", NUMBER),
    Field("realized_pnl", NUMBER),
    Field("account"),
)
ACCOUNT_TIME = Message(8, "updateAccountTime", Fixed("1"), Field("time"))
NEXT_VALID_ID = Message(9, "nextValidId", Fixed("1"), Field("order_id", INT))
CONTRACT_DETAILS = Message(
    10,
    "contractDetails",
    Fixed("8", before=164),
    REQ_ID,
    Field("symbol"),
    Field("sec_type"),
    Field("last_trade_date"),
    Field("strike", NUMBER, default=0.0),
    Field("right"),
    Field("exchange"),
    Field("currency"),
    Field("local_symbol"),
    Field("market_name"),
    Field("trading_class"),
    Field("con_id", INT),
    Field("min_tick", NUMBER),
    Fixed("1", before=164),  # size multiplier, given up with the size rules of version 164
    Field("multiplier"),
    Field("order_types"),
    Field("valid_exchanges"),
    Field("price_magnifier", INT, default=1),
    Field("under_con_id", INT, default=0),
    Field("long_name"),
    Field("primary_exchange"),
    Field("contract_month"),
    Field("industry"),
    Field("category"),
    Field("subcategory"),
    Field("time_zone"),
    Field("trading_hours"),
    Field("liquid_hours"),
    Field("ev_rule"),
    Field("ev_multiplier"),
    Repeat("sec_ids", (Field("tag"), Field("value"))),
    Field("agg_group", INT, default=1),
    Field("under_symbol"),
    Field("under_sec_type"),
    Field("market_rule_ids"),
    Field("real_expiration_date"),
    Field("stock_type"),
    Field("min_size", NUMBER, since=164, default=1),
    Field("size_increment", NUMBER, since=164, default=1),
    Field("suggested_size_increment", NUMBER, since=163, default=100),
)
EXECUTION = Message(
    11,
    "execDetails",
    REQ_ID,
    Field("order_id", INT),
    *CONTRACT,
    Field("exec_id"),
    Field("time"),
    Field("account"),
    Field("venue"),
    Field("side"),
    Field("shares", NUMBER),
    Field("price", NUMBER),
    Field("perm_id", INT),
    Field("client_id", INT),
    Field("liquidation", INT, default=0),
    Field("cumulative", NUMBER),
    Field("average_price", NUMBER),
    Field("order_ref"),
    Field("ev_rule"),
    Field("ev_multiplier"),
    Field("model_code"),
    Field("last_liquidity", INT, default=0),
    Field("pending_price_revision", FLAG, since=178, default=False),
)
DEPTH = Message(
    12,
    "updateMktDepth",
    Fixed("1"),
    REQ_ID,
    Field("position", INT),
    Field("operation", INT),
    Field("side", INT),
    Field("price", NUMBER),
    Field("size", NUMBER),
)
SMART_DEPTH = Message(
    13,
    "updateMktDepthL2",
    Fixed("1"),
    REQ_ID,
    Field("position", INT),
    Field("maker"),
    Field("operation", INT),
    Field("side", INT),
    Field("price", NUMBER),
    Field("size", NUMBER),
    Field("smart", FLAG),
)
MANAGED_ACCOUNTS = Message(15, "managedAccounts", Fixed("1"), Field("accounts"))
OPTION_COMPUTATION = Message(
    21,
    "tickOptionComputation",
    REQ_ID,
    Field("kind", INT),
    Field("attributes", INT, default=0),
    # What could not be computed is -1, or -2 where -1 is a value it might have.
    Field("volatility", NUMBER, default=-1.0),
    Field("delta", NUMBER, default=-2.0),
    Field("price", NUMBER, default=-1.0),
    Field("dividend", NUMBER, default=-1.0),
    Field("gamma", NUMBER, default=-2.0),
    Field("vega", NUMBER, default=-2.0),
    Field("theta", NUMBER, default=-2.0),
    Field("underlying", NUMBER, default=-1.0),
)
TICK_GENERIC = Message(45, "tickGeneric", Fixed("6"), REQ_ID, Field("kind", INT), Field("value", NUMBER))
TICK_STRING = Message(46, "tickString", Fixed("6"), REQ_ID, Field("kind", INT), Field("value"))
CURRENT_TIME = Message(49, "currentTime", Fixed("1"), Field("time", INT))
CONTRACT_DETAILS_END = Message(52, "contractDetailsEnd", Fixed("1"), REQ_ID)
OPEN_ORDERS_END = Message(53, "openOrderEnd", Fixed("1"))
ACCOUNT_DOWNLOAD_END = Message(54, "accountDownloadEnd", Fixed("1"), Field("account"))
EXECUTIONS_END = Message(55, "execDetailsEnd", Fixed("1"), REQ_ID)
SNAPSHOT_END = Message(57, "tickSnapshotEnd", Fixed("1"), REQ_ID)
MARKET_DATA_TYPE = Message(58, "marketDataType", Fixed("1"), REQ_ID, Field("data_type", INT))
COMMISSION = Message(
    59,
    "commissionReport",
    Fixed("1"),
    Field("exec_id"),
    Field("commission", NUMBER),
    Field("currency"),
    Field("realized_pnl", SET_NUMBER),
    Field("bond_yield", SET_NUMBER),
    Field("redemption_date", INT),
)
POSITION = Message(
    61,
    "position",
    Fixed("3"),
    Field("account"),
    *CONTRACT,
    Field("position", NUMBER),
    Field("average_cost", NUMBER),
)
POSITIONS_END = Message(62, "positionEnd", Fixed("1"))
ACCOUNT_SUMMARY = Message(
    63, "accountSummary", Fixed("1"), REQ_ID, Field("account"), Field("key"), Field("value"), Field("currency")
)  # fmt: skip
ACCOUNT_SUMMARY_END = Message(64, "accountSummaryEnd", Fixed("1"), REQ_ID)
POSITION_MULTI = Message(
    71,
    "positionMulti",
    Fixed("1"),
    REQ_ID,
    Field("account"),
    *CONTRACT,
    Field("position", NUMBER),
    Field("average_cost", NUMBER),
    Field("model_code"),
)
POSITIONS_MULTI_END = Message(72, "positionMultiEnd", Fixed("1"), REQ_ID)
ACCOUNT_VALUE_MULTI = Message(
    73,
    "accountUpdateMulti",
    Fixed("1"),
    REQ_ID,
    Field("account"),
    Field("model_code"),
    Field("key"),
    Field("value"),
    Field("currency"),
)
ACCOUNT_VALUES_MULTI_END = Message(74, "accountUpdateMultiEnd", Fixed("1"), REQ_ID)
SOFT_DOLLAR_TIERS = Message(
    77, "softDollarTiers", REQ_ID, Repeat("tiers", (Field("name"), Field("value"), Field("display_name")))
)  # fmt: skip
FAMILY_CODES = Message(78, "familyCodes", Repeat("codes", (Field("account"), Field("code"))))
SYMBOL_SAMPLES = Message(
    79,
    "symbolSamples",
    REQ_ID,
    Repeat(
        "contracts",
        (
            Field("con_id", INT),
            Field("symbol"),
            Field("sec_type"),
            Field("primary_exchange"),
            Field("currency"),
            Repeat("derivatives", (Field("sec_type"),)),
            Field("description", since=176),
            Field("issuer_id", since=176),
        ),
    ),
)
DEPTH_EXCHANGES = Message(
    80,
    "mktDepthExchanges",
    Repeat(
        "exchanges",
        (
            Field("exchange"),
            Field("sec_type"),
            Field("listing_exchange"),
            Field("service", default="Deep"),
            Field("agg_group", INT, default=1),
        ),
    ),
)
TICK_PARAMETERS = Message(
    81, "tickReqParams", REQ_ID, Field("min_tick", NUMBER), Field("bbo_exchange"), Field("snapshot_permissions", INT)
)  # fmt: skip
SMART_COMPONENTS = Message(
    82, "smartComponents", REQ_ID, Repeat("components", (Field("bit", INT), Field("exchange"), Field("letter")))
)  # fmt: skip
NEWS_PROVIDERS = Message(85, "newsProviders", Repeat("providers", (Field("code"), Field("name"))))
MARKET_RULE = Message(
    93,
    "marketRule",
    Field("rule_id", INT),
    Repeat("increments", (Field("low_edge", NUMBER), Field("increment", NUMBER))),
)
PNL = Message(
    94,
    "pnl",
    REQ_ID,
    Field("daily", SET_NUMBER),
    Field("unrealized", SET_NUMBER),
    Field("realized", SET_NUMBER),
)
PNL_SINGLE = Message(
    95,
    "pnlSingle",
    REQ_ID,
    Field("position", NUMBER),
    Field("daily", SET_NUMBER),
    Field("unrealized", SET_NUMBER),
    Field("realized", SET_NUMBER),
    Field("value", SET_NUMBER),
)


def _kind_in(*kinds: int) -> Any:
    def test(values: Mapping[str, Any]) -> bool:
        return values["kind"] in kinds

    return test


TICK_BY_TICK = Message(
    99,
    "tickByTick",
    REQ_ID,
    Field("kind", INT),
    Field("time", INT),
    When(
        _kind_in(1, 2),
        (
            Field("price", NUMBER),
            Field("size", NUMBER),
            Field("mask", INT, default=0),
            Field("venue"),
            Field("conditions"),
        ),
    ),
    When(
        _kind_in(3),
        (
            Field("bid", NUMBER),
            Field("ask", NUMBER),
            Field("bid_size", NUMBER),
            Field("ask_size", NUMBER),
            Field("mask", INT, default=0),
        ),
    ),
    When(_kind_in(4), (Field("midpoint", NUMBER),)),
)
COMPLETED_ORDER = Message(101, "completedOrder", *CONTRACT, *COMPLETED_ORDER_ITEMS)
COMPLETED_ORDERS_END = Message(102, "completedOrdersEnd")
USER_INFO = Message(107, "userInfo", REQ_ID, Field("white_branding_id", TEXT))

OUTGOING: Mapping[int, Message] = {
    message.number: message
    for message in [*globals().values(), *vars(data_messages).values()]
    if isinstance(message, Message)
}
"""Every message above and in :mod:`ibtui.sim.data_messages`, by number."""
