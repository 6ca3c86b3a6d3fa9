"""What the gateway sends about the past, about bars as they form, and about the market at large."""

from ibtui.sim.schema import FLAG, INT, NUMBER, TEXT, Field, Fixed, Message, Repeat

REQ_ID = Field("req_id", INT)

SCANNER_PARAMETERS = Message(19, "scannerParameters", Fixed("1"), Field("xml"))
SCANNER_DATA = Message(
    20,
    "scannerData",
    Fixed("3"),
    REQ_ID,
    Repeat(
        "rows",
        (
            Field("rank", INT),
            Field("con_id", INT),
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
            Field("distance"),
            Field("benchmark"),
            Field("projection"),
            Field("legs"),
        ),
    ),
)
HISTORICAL_BARS = Message(
    17,
    "historicalData",
    REQ_ID,
    Field("start"),
    Field("end"),
    Repeat(
        "bars",
        (
            Field("time"),
            Field("open", NUMBER),
            Field("high", NUMBER),
            Field("low", NUMBER),
            Field("close", NUMBER),
            Field("volume", NUMBER),
            Field("wap", NUMBER),
            Field("count", INT),
        ),
    ),
)
REAL_TIME_BAR = Message(
    50,
    "realtimeBar",
    Fixed("3"),
    REQ_ID,
    Field("time", INT),
    Field("open", NUMBER),
    Field("high", NUMBER),
    Field("low", NUMBER),
    Field("close", NUMBER),
    Field("volume", NUMBER),
    Field("wap", NUMBER),
    Field("count", INT),
)
OPTION_PARAMETERS = Message(
    75,
    "securityDefinitionOptionParameter",
    REQ_ID,
    Field("exchange"),
    Field("under_con_id", INT),
    Field("trading_class"),
    Field("multiplier"),
    Repeat("expirations", (Field("date"),)),
    Repeat("strikes", (Field("strike", NUMBER),)),
)
OPTION_PARAMETERS_END = Message(76, "securityDefinitionOptionParameterEnd", REQ_ID)
HEAD_TIMESTAMP = Message(88, "headTimestamp", REQ_ID, Field("time"))
HISTOGRAM = Message(89, "histogramData", REQ_ID, Repeat("rows", (Field("price", NUMBER), Field("size", NUMBER))))
HISTORICAL_BAR_UPDATE = Message(
    90,
    "historicalDataUpdate",
    REQ_ID,
    Field("count", INT),
    Field("time"),
    Field("open", NUMBER),
    Field("close", NUMBER),
    Field("high", NUMBER),
    Field("low", NUMBER),
    Field("wap", NUMBER),
    Field("volume", NUMBER),
)
HISTORICAL_TICKS = Message(
    96,
    "historicalTicks",
    REQ_ID,
    Repeat("ticks", (Field("time", INT), Fixed("0"), Field("price", NUMBER), Field("size", NUMBER))),
    Field("done", FLAG),
)
HISTORICAL_TICKS_BID_ASK = Message(
    97,
    "historicalTicksBidAsk",
    REQ_ID,
    Repeat(
        "ticks",
        (
            Field("time", INT),
            Field("mask", INT, default=0),
            Field("bid", NUMBER),
            Field("ask", NUMBER),
            Field("bid_size", NUMBER),
            Field("ask_size", NUMBER),
        ),
    ),
    Field("done", FLAG),
)
HISTORICAL_TICKS_LAST = Message(
    98,
    "historicalTicksLast",
    REQ_ID,
    Repeat(
        "ticks",
        (
            Field("time", INT),
            Field("mask", INT, default=0),
            Field("price", NUMBER),
            Field("size", NUMBER),
            Field("venue"),
            Field("conditions"),
        ),
    ),
    Field("done", FLAG),
)
HISTORICAL_SCHEDULE = Message(
    106,
    "historicalSchedule",
    REQ_ID,
    Field("start"),
    Field("end"),
    Field("time_zone"),
    Repeat("sessions", (Field("start"), Field("end"), Field("date", TEXT))),
)
