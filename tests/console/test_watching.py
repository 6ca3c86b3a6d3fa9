"""What a whole console asks for by itself, on the real simulated gateway."""

import asyncio
from pathlib import Path

from ibtui.config import GatewaySettings, Settings, StorageSettings
from ibtui.launch import opened
from tests.conftest import Gateway, until

KINDS_TRIED = 5
"""Requests that one lookup of a symbol that does not exist takes: one for each kind of contract."""


async def test_a_symbol_nobody_knows_is_not_asked_for_without_end(gateway: Gateway, tmp_path: Path) -> None:
    settings = Settings(gateway=GatewaySettings(host=gateway.host, port=gateway.port, heartbeat=0.2))
    async with opened(settings, tmp_path, log_level="INFO", demo=False) as console:
        await console.start(watch=True)
        try:
            await console.connected(patient=True)
            console.watchlists.add("benchmarks", "ZZQQ")
            await until(lambda: "ZZQQ" in console.watchlists.problems, 15, "an answer to the lookup")
            asked = (await gateway.control("stats"))["received"]["9"]
            await asyncio.sleep(2)  # many heartbeats, each of which changes the status
            # Each symbol that was resolved meanwhile is a change of the lists, after which it is tried once more.
            assert (await gateway.control("stats"))["received"]["9"] <= asked + 2 * KINDS_TRIED
        finally:
            await console.stop()


async def test_a_damaged_old_day_keeps_no_console_from_starting(gateway: Gateway, tmp_path: Path) -> None:
    (tmp_path / "md").mkdir()
    (tmp_path / "md" / "md-20260102.db").write_bytes(b"no database" * 100)
    settings = Settings(gateway=GatewaySettings(host=gateway.host, port=gateway.port), storage=StorageSettings(10_000))
    for _ in range(2):  # the second one knows the contracts, and looks for their last quotes
        async with opened(settings, tmp_path, log_level="INFO", demo=False) as console:
            told: list[str] = []
            console.alerts.toast = lambda text, _, told=told: told.append(text)
            await console.start(watch=True)
            try:
                await console.connected(patient=True)
                await until(lambda: len(console.watchlists.all_instruments()) == 15, 15, "all contracts")
            finally:
                await console.stop()
    assert any("last known quotes" in each and "md-20260102.db" in each for each in told)
