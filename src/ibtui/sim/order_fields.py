"""The long tail of the two order messages: well over a hundred fields, most of which never leave their default.

The defaults are what gateways send for an order that does not use the feature.
"""

from collections.abc import Mapping
from typing import Any

from ibtui.sim.schema import FLAG, INT, NUMBER, SET_INT, SET_NUMBER, Field, Fixed, Item, Repeat, When


def _scaled(values: Mapping[str, Any]) -> bool:
    return (values.get("scale_increment") or 0) > 0


def _given(name: str) -> Any:
    def test(values: Mapping[str, Any]) -> bool:
        return bool(values.get(name))

    return test


def _pegged_to_benchmark(values: Mapping[str, Any]) -> bool:
    return values.get("order_type") == "PEG BENCH"


def _flag(name: str, default: bool = False, **versions: int) -> Field:
    return Field(name, FLAG, default=default, **versions)


_HEAD: tuple[Item, ...] = (
    Field("action"),
    Field("quantity", NUMBER),
    Field("order_type"),
    Field("limit_price", NUMBER, default=0.0),
    Field("aux_price", NUMBER, default=0.0),
    Field("tif"),
    Field("oca_group"),
    Field("account"),
    Field("open_close"),
    Field("origin", INT, default=0),
    Field("order_ref"),
)
_FINANCIAL_ADVISOR: tuple[Item, ...] = (
    Field("fa_group"),
    Field("fa_method"),
    Field("fa_percentage"),
    Field("fa_profile", before=177),
    Field("model_code"),
    Field("good_till_date"),
    Field("rule_80a"),
    Field("percent_offset", NUMBER),
    Field("settling_firm"),
    Field("short_sale_slot", INT, default=0),
    Field("designated_location"),
    Field("exempt_code", INT, default=-1),
)
_REFERENCE_PRICES: tuple[Item, ...] = (
    Field("starting_price", NUMBER),
    Field("stock_reference_price", NUMBER),
    Field("delta", NUMBER),
    Field("stock_range_lower", NUMBER),
    Field("stock_range_upper", NUMBER),
    Field("display_size", SET_INT),
)
COMBO_LEGS: tuple[Item, ...] = (
    Repeat(
        "legs",
        (
            Field("con_id", INT),
            Field("ratio", INT),
            Field("action"),
            Field("exchange"),
            Field("open_close", INT),
            Field("short_sale_slot", INT),
            Field("designated_location"),
            Field("exempt_code", INT),
        ),
    ),
    Repeat("leg_prices", (Field("price", NUMBER),)),
    Repeat("routing", (Field("tag"), Field("value"))),
)
"""A combination's legs, as placed and as reported."""

_LEGS: tuple[Item, ...] = (
    *COMBO_LEGS,
    Field("scale_initial_size", SET_INT),
    Field("scale_next_size", SET_INT),
    Field("scale_increment", NUMBER),
    When(
        _scaled,
        (
            Field("scale_adjust_value", NUMBER),
            Field("scale_adjust_interval", INT),
            Field("scale_profit_offset", NUMBER),
            _flag("scale_auto_reset"),
            Field("scale_initial_position", INT),
            Field("scale_initial_fill", INT),
            _flag("scale_random"),
        ),
    ),
    Field("hedge_type"),
    When(_given("hedge_type"), (Field("hedge_parameter"),)),
)
_DELTA_NEUTRAL_AND_ALGO: tuple[Item, ...] = (
    Field("delta_neutral_present", FLAG, default=False),
    When(
        _given("delta_neutral_present"),
        (
            Field("delta_neutral_contract", INT),
            Field("delta_neutral_delta", NUMBER),
            Field("delta_neutral_price", NUMBER),
        ),
    ),
    Field("algo_strategy"),
    When(_given("algo_strategy"), (Repeat("algo_parameters", (Field("tag"), Field("value"))),)),
)
_PEGGED: Item = When(
    _pegged_to_benchmark,
    (
        Field("reference_contract", INT),
        _flag("pegged_change_decrease"),
        Field("pegged_change", NUMBER),
        Field("reference_change", NUMBER),
        Field("reference_exchange"),
    ),
)
_NO_CONDITIONS: Item = Fixed("0")
_PEG_BEST: tuple[Item, ...] = (
    Field("min_trade_quantity", INT, since=170),
    Field("min_compete_size", INT, since=170, default=100),
    Field("compete_offset", NUMBER, since=170, default=0.02),
    Field("mid_offset_whole", NUMBER, since=170),
    Field("mid_offset_half", NUMBER, since=170),
)

OPEN_ORDER_ITEMS: tuple[Item, ...] = (
    *_HEAD,
    Field("client_id", INT),
    Field("perm_id", INT),
    _flag("outside_rth"),
    _flag("hidden"),
    Field("discretionary_amount", NUMBER, default=0.0),
    Field("good_after_time"),
    Field("shares_allocation"),
    *_FINANCIAL_ADVISOR,
    Field("auction_strategy", INT, default=0),
    *_REFERENCE_PRICES,
    _flag("block_order"),
    _flag("sweep_to_fill"),
    _flag("all_or_none"),
    Field("min_quantity", INT),
    Field("oca_type", INT, default=3),
    _flag("etrade_only"),
    _flag("firm_quote_only"),
    Field("nbbo_price_cap", NUMBER),
    Field("parent_id", INT, default=0),
    Field("trigger_method", INT, default=0),
    Field("volatility", NUMBER),
    Field("volatility_type", INT, default=0),
    Field("delta_neutral_order_type", default="None"),
    Field("delta_neutral_aux_price", NUMBER),
    When(
        _given("delta_neutral_order_type"),
        (
            Field("delta_neutral_con_id", INT, default=0),
            Field("delta_neutral_settling_firm"),
            Field("delta_neutral_clearing_account"),
            Field("delta_neutral_clearing_intent"),
            Field("delta_neutral_open_close", default="?"),
            _flag("delta_neutral_short_sale"),
            Field("delta_neutral_short_sale_slot", INT, default=0),
            Field("delta_neutral_designated_location"),
        ),
    ),
    _flag("continuous_update"),
    Field("reference_price_type", INT, default=0),
    Field("trail_stop_price", NUMBER),
    Field("trailing_percent", NUMBER),
    Field("basis_points", NUMBER),
    Field("basis_points_type", INT),
    Field("combo_description"),
    *_LEGS,
    _flag("opt_out_smart_routing"),
    Field("clearing_account"),
    Field("clearing_intent", default="IB"),
    _flag("not_held"),
    *_DELTA_NEUTRAL_AND_ALGO,
    _flag("solicited"),
    _flag("what_if"),
    Field("status"),
    Field("initial_margin_before", SET_NUMBER),
    Field("maintenance_margin_before", SET_NUMBER),
    Field("equity_before", SET_NUMBER),
    Field("initial_margin_change", SET_NUMBER),
    Field("maintenance_margin_change", SET_NUMBER),
    Field("equity_change", SET_NUMBER),
    Field("initial_margin_after", SET_NUMBER),
    Field("maintenance_margin_after", SET_NUMBER),
    Field("equity_after", SET_NUMBER),
    Field("commission", NUMBER),
    Field("commission_least", NUMBER),
    Field("commission_most", NUMBER),
    Field("commission_currency"),
    Field("warning"),
    _flag("randomize_size"),
    _flag("randomize_price"),
    _PEGGED,
    _NO_CONDITIONS,
    Field("adjusted_order_type", default="None"),
    Field("trigger_price", SET_NUMBER),
    Field("adjusted_trail_stop_price", SET_NUMBER),
    Field("limit_price_offset", SET_NUMBER),
    Field("adjusted_stop_price", SET_NUMBER),
    Field("adjusted_stop_limit_price", SET_NUMBER),
    Field("adjusted_trailing_amount", SET_NUMBER),
    Field("adjustable_trailing_unit", INT, default=0),
    Field("soft_dollar_name"),
    Field("soft_dollar_value"),
    Field("soft_dollar_display_name"),
    Field("cash_quantity", NUMBER, default=0.0),
    _flag("no_auto_price_for_hedge", True),
    _flag("oms_container"),
    _flag("discretionary_up_to_limit"),
    _flag("price_management"),
    Field("duration", INT, since=158),
    Field("post_to_ats", INT, since=160),
    _flag("auto_cancel_parent", since=162),
    *_PEG_BEST,
)

COMPLETED_ORDER_ITEMS: tuple[Item, ...] = (
    *_HEAD,
    Field("perm_id", INT),
    _flag("outside_rth"),
    _flag("hidden"),
    Field("discretionary_amount", NUMBER, default=0.0),
    Field("good_after_time"),
    *_FINANCIAL_ADVISOR,
    *_REFERENCE_PRICES,
    _flag("sweep_to_fill"),
    _flag("all_or_none"),
    Field("min_quantity", INT),
    Field("oca_type", INT, default=3),
    Field("trigger_method", INT, default=0),
    Field("volatility", NUMBER),
    Field("volatility_type", INT, default=0),
    Field("delta_neutral_order_type", default="None"),
    Field("delta_neutral_aux_price", NUMBER),
    When(
        _given("delta_neutral_order_type"),
        (
            Field("delta_neutral_con_id", INT, default=0),
            _flag("delta_neutral_short_sale"),
            Field("delta_neutral_short_sale_slot", INT, default=0),
            Field("delta_neutral_designated_location"),
        ),
    ),
    _flag("continuous_update"),
    Field("reference_price_type", INT, default=0),
    Field("trail_stop_price", NUMBER),
    Field("trailing_percent", NUMBER),
    Field("combo_description"),
    *_LEGS,
    Field("clearing_account"),
    Field("clearing_intent", default="IB"),
    _flag("not_held"),
    *_DELTA_NEUTRAL_AND_ALGO,
    _flag("solicited"),
    Field("status"),
    _flag("randomize_size"),
    _flag("randomize_price"),
    _PEGGED,
    _NO_CONDITIONS,
    Field("adjusted_trail_stop_price", SET_NUMBER),
    Field("limit_price_offset", SET_NUMBER),
    Field("cash_quantity", NUMBER, default=0.0),
    _flag("no_auto_price_for_hedge", True),
    _flag("oms_container"),
    Field("auto_cancel_date"),
    Field("filled", NUMBER),
    Field("reference_future", SET_INT),
    _flag("auto_cancel_parent"),
    Field("shareholder", default="Not an insider or substantial shareholder"),
    _flag("imbalance_only"),
    _flag("route_marketable_to_bbo"),
    Field("parent_perm_id", INT, default=2**63 - 1),
    Field("completed_time"),
    Field("completed_status"),
    *_PEG_BEST,
)
