"""What a client may ask about the past, about bars as they form, and about the market at large."""

from ibtui.sim.request_fields import CONTRACT, EXPIRED, LEGS, REQ_ID
from ibtui.sim.schema import FLAG, INT, NUMBER, Field, Fixed, Message

HISTORICAL_DATA = Message(
    20,
    "reqHistoricalData",
    REQ_ID,
    *CONTRACT,
    EXPIRED,
    Field("end"),
    Field("bar_size"),
    Field("duration"),
    Field("use_rth", FLAG),
    Field("what"),
    Field("format_date", INT),
    LEGS,
    Field("keep_up_to_date", FLAG),
    Field("options"),
)
SCANNER = Message(
    22,
    "reqScannerSubscription",
    REQ_ID,
    Field("rows", INT),
    Field("instrument"),
    Field("location"),
    Field("scan_code"),
    Field("above_price", NUMBER),
    Field("below_price", NUMBER),
    Field("above_volume", NUMBER),
    Field("market_cap_above", NUMBER),
    Field("market_cap_below", NUMBER),
    Field("moody_rating_above"),
    Field("moody_rating_below"),
    Field("sp_rating_above"),
    Field("sp_rating_below"),
    Field("maturity_date_above"),
    Field("maturity_date_below"),
    Field("coupon_rate_above", NUMBER),
    Field("coupon_rate_below", NUMBER),
    Field("exclude_convertible", FLAG),
    Field("average_option_volume_above", NUMBER),
    Field("setting_pairs"),
    Field("stock_type"),
    Field("filter_options"),
    Field("options"),
)
CANCEL_SCANNER = Message(23, "cancelScannerSubscription", Fixed("1"), REQ_ID)
SCANNER_PARAMETERS = Message(24, "reqScannerParameters", Fixed("1"))
CANCEL_HISTORICAL_DATA = Message(25, "cancelHistoricalData", Fixed("1"), REQ_ID)
REAL_TIME_BARS = Message(
    50,
    "reqRealTimeBars",
    Fixed("3"),
    REQ_ID,
    *CONTRACT,
    Field("bar_size", INT),
    Field("what"),
    Field("use_rth", FLAG),
    Field("options"),
)
CANCEL_REAL_TIME_BARS = Message(51, "cancelRealTimeBars", Fixed("1"), REQ_ID)
OPTION_PARAMETERS = Message(
    78,
    "reqSecDefOptParams",
    REQ_ID,
    Field("symbol"),
    Field("exchange"),
    Field("sec_type"),
    Field("con_id", INT),
)
HEAD_TIMESTAMP = Message(
    87,
    "reqHeadTimeStamp",
    REQ_ID,
    *CONTRACT,
    EXPIRED,
    Field("use_rth", FLAG),
    Field("what"),
    Field("format_date", INT),
)
HISTOGRAM = Message(
    88, "reqHistogramData", REQ_ID, *CONTRACT, EXPIRED, Field("use_rth", FLAG), Field("period")
)  # fmt: skip
CANCEL_HISTOGRAM = Message(89, "cancelHistogramData", REQ_ID)
CANCEL_HEAD_TIMESTAMP = Message(90, "cancelHeadTimeStamp", REQ_ID)
HISTORICAL_TICKS = Message(
    96,
    "reqHistoricalTicks",
    REQ_ID,
    *CONTRACT,
    EXPIRED,
    Field("start"),
    Field("end"),
    Field("count", INT),
    Field("what"),
    Field("use_rth", FLAG),
    Field("ignore_size", FLAG),
    Field("options"),
)
