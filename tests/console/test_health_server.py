"""The HTTP endpoint of a whole console, on the real simulated gateway."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp

from ibtui.config import HealthSettings, Settings
from ibtui.console import Console
from tests.conftest import Gateway, until
from tests.console.whole import console_on

LOCAL = replace(Settings(), health=HealthSettings("127.0.0.1:0"))


async def get(console: Console, path: str) -> tuple[int, str]:
    assert console.health is not None
    url = f"http://127.0.0.1:{console.health.port}{path}"
    async with aiohttp.ClientSession() as client, client.get(url) as answer:
        return answer.status, await answer.text()


async def health(console: Console) -> tuple[int, dict[str, Any]]:
    code, text = await get(console, "/health")
    return code, json.loads(text)


async def test_health_turns_with_the_connection_and_agrees_with_status(gateway: Gateway, tmp_path: Path) -> None:
    async with console_on(tmp_path / "data", gateway.host, gateway.port, settings=LOCAL) as console:
        await until(lambda: console.supervisor.status.state == "READY")
        spy = await console.contracts.resolve("SPY")
        console.feeds.want(spy, quotes=True)
        await until(lambda: console.market.board.quote(spy.con_id).ticks)
        code, well = await health(console)
        assert (code, well["status"], well["problems"], well["ibkr_status"]) == (200, "healthy", [], "READY")
        assert well["ibkr_connected_at"] > "2026"
        assert (well["last_disconnected_at"], well["reconnection_attempts"], well["reconnects"]) == (None, 0, 0)
        assert well["symbols_subscribed"] == 1
        assert 0 <= well["last_tick_age"] < 10
        code, metrics = await get(console, "/metrics")
        assert code == 200
        assert 'ibtui_state{state="READY"} 1.0' in metrics
        assert "process_resident_memory_bytes" in metrics
        assert (await get(console, "/"))[0] == 404

        await gateway.control("refuse", seconds=60)
        await gateway.control("drop", how="rst")
        await until(lambda: console.supervisor.status.state == "DISCONNECTED")
        code, ill = await health(console)
        assert (code, ill["status"], ill["ibkr_status"]) == (503, "degraded", "DISCONNECTED")
        assert ill["ibkr_connected_at"] is None
        assert ill["last_disconnected_at"] > "2026"
        status = (await console.answer({"do": "status"}))["status"]
        assert (status["healthy"], status["links"]["GW"]["state"]) == (False, ill["links"]["GW"]["state"])


async def test_a_port_in_use_is_a_notice_and_the_console_goes_on(shared_gateway: Gateway, tmp_path: Path) -> None:
    async with console_on(tmp_path / "a", shared_gateway.host, shared_gateway.port, settings=LOCAL) as first:
        assert first.health is not None
        taken = replace(Settings(), health=HealthSettings(f"127.0.0.1:{first.health.port}"))
        where = tmp_path / "b", shared_gateway.host, shared_gateway.port
        async with console_on(*where, client_id=11, settings=taken) as second:
            (notice,) = second.notices
            assert notice.endswith("that address is in use; there is no health endpoint.")
            assert second.alerts.recent[-1].text == notice
        assert (await get(first, "/health"))[0] in (200, 503)
