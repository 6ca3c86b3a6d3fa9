"""Tests that run a market in their own process are not traced: the tracer triples what they cost."""

import pytest

UNTRACED = frozenset(
    {
        "test_account_kinds",
        "test_auctions",
        "test_contract_sessions",
        "test_every_version",
        "test_exchange_orders",
        "test_kinds_mix",
        "test_market_live",
        "test_market_minutes",
        "test_matching_book",
        "test_official_client",
        "test_order_groups",
        "test_order_mix",
        "test_protocol_schema",
        "test_same_bytes",
        "test_trailing_orders",
    }
)
"""What they run is traced all the same, by the tests that trade over the protocol."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks them for pytest-cov."""
    for item in items:
        if item.path.stem in UNTRACED:
            item.add_marker(pytest.mark.no_cover)
