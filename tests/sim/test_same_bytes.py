"""With the clock stepped by hand, the same requests get the same bytes."""

from tests.sim.protocol_rig import bare, control, gateway

SPY = ["0", "SPY", "STK", "", "0.0", "", "", "SMART", "", "USD", "", ""]
ARCA = [*SPY[:7], "ARCA", *SPY[8:]]
STEPS = ("10:30:07", "10:30:21", "10:31:02")


async def session(seed: int) -> list[list[str]]:
    """All that a session with streams, history and an order is told, step by step."""
    told: list[list[str]] = []
    async with gateway(seed=seed, speed=0) as server, bare(server) as raw:
        told += await raw.start(1)
        asked = (
            ["1", "11", "11", *SPY, "0", "165,233,375", "0", "0", ""],
            ["10", "5", "12", *SPY, "10", "1", ""],
            ["10", "5", "13", *ARCA, "10", "0", ""],
            ["97", "14", *SPY, "AllLast", "0", "0"],
            ["97", "15", *SPY, "BidAsk", "0", "0"],
            ["50", "3", "16", *SPY, "5", "TRADES", "1", ""],
            ["96", "17", *SPY, "0", "", "20260310 10:00:00", "50", "TRADES", "1", "0", ""],
            ["88", "18", *SPY, "0", "1", "1 day"],
            ["6", "2", "1", "DUSIM0001"],
        )
        for fields in asked:
            raw.ask(*fields)
        for step in STEPS:
            await control(server, "clock", at=f"2026-03-10T{step}")
            raw.ask("49", "1")
            while (fields := await raw.read())[0] != "49":
                told.append(fields)
    return told


async def test_the_same_seed_and_steps_are_the_same_bytes() -> None:
    first = await session(3)
    assert len({fields[0] for fields in first}) > 12
    assert len(first) > 200
    assert await session(3) == first
