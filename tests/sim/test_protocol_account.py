"""Account requests that ib_insync makes seldom or wrongly, field by field."""

import pytest

from tests.sim.protocol_rig import bare, gateway

AAPL_BUY_10 = [
    *["0", "AAPL", "STK", "", "0.0", "", "", "SMART", "", "USD", "", ""],
    *[
        "",
        "",
        "BUY",
        "10",
        "MKT",
        "",
        "",
        "DAY",
        "",
        "DUSIM0001",
        "",
        "0",
        "REF",
        "1",
        "0",
        "0",
        "0",
        "0",
        "0",
        "0",
        "0",
    ],
    *[
        "",
        "0",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "0",
        "",
        "-1",
        "0",
        "",
        "",
        "0",
        "",
        "",
        "0",
        "0",
        "",
        "0",
        "",
        "",
        "",
        "",
        "",
    ],
    *["0", "", "0", "", "", "0", "0", "", "", "", "", "", "", "", "", "", "0", "", "", "0", "0", "", "", "0", "", "0"],
    *[
        "0",
        "0",
        "0",
        "",
        "",
        "",
        "",
        "",
        "",
        "0",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "0",
        "0",
        "0",
        "0",
        "",
        "",
        "0",
        "",
        "",
    ],
]
"""A market order for ten shares as a client of version 176 writes it, without its number and id."""


@pytest.mark.parametrize(
    ("request_fields", "req_id", "code"),
    [
        (["6", "2", "1", "ULIVE01"], "-1", "321"),
        (["74", "1", "5", "ULIVE01", ""], "5", "321"),
        (["76", "1", "5", "ULIVE01", "", "1"], "5", "321"),
        (["92", "5", "ULIVE01", ""], "5", "321"),
        (["94", "5", "ULIVE01", "", "1"], "5", "321"),
        (["94", "5", "DUSIM0001", "", "1"], "5", "321"),
        (["59", "1", "9"], "-1", "321"),
        (["91", "4711"], "-1", "321"),
        (["15", "1", "1"], "-1", "321"),
        (["97", "5", *AAPL_BUY_10[:12], "Gossip", "0", "0"], "5", "10189"),
        (["10", "5", "5", "4711", *AAPL_BUY_10[1:12], "5", "1", ""], "5", "200"),
        (["87", "5", "4711", *AAPL_BUY_10[1:12], "0", "1", "TRADES", "1"], "5", "200"),
    ],
)
async def test_a_request_for_what_is_not_here_gets_ibs_error(request_fields: list[str], req_id: str, code: str) -> None:
    async with gateway() as server, bare(server) as raw:
        await raw.start(1)
        raw.ask(*request_fields)
        assert (await raw.read())[:4] == ["4", "2", req_id, code]


async def test_positions_go_on_after_the_list_until_they_are_cancelled() -> None:
    async with gateway() as server, bare(server) as raw:
        await raw.start(1)
        raw.ask("61", "1")
        raw.ask("74", "1", "5", "DUSIM0001", "")
        assert [(await raw.read())[0] for _ in range(2)] == ["62", "72"]
        raw.ask("3", "1", *AAPL_BUY_10)
        single = await raw.read_until("61")
        assert (single[2], single[4], single[14]) == ("DUSIM0001", "AAPL", "10")
        multi = await raw.read_until("71")
        assert (multi[2], multi[3], multi[5], multi[15]) == ("5", "DUSIM0001", "AAPL", "10")
        await raw.read_until("71")  # the commission has changed the cost
        raw.ask("64", "1")
        raw.ask("75", "1", "5")
        raw.ask("3", "2", *AAPL_BUY_10)
        await raw.read_until("59")
        raw.ask("49", "1")
        seen = set()
        while (fields := await raw.read())[0] != "49":
            seen.add(fields[0])
        assert not seen & {"61", "71"}


async def test_at_most_two_summaries_run_and_a_cancelled_one_makes_room() -> None:
    async with gateway() as server, bare(server) as raw:
        await raw.start(1)
        for req_id in ("5", "6"):
            raw.ask("62", "1", req_id, "All", "NetLiquidation,BuyingPower")
            assert [(await raw.read())[4] for _ in range(2)] == ["BuyingPower", "NetLiquidation"]
            assert (await raw.read())[:3] == ["64", "1", req_id]
        raw.ask("62", "1", "7", "All", "NetLiquidation")
        assert (await raw.read())[2:4] == ["7", "322"]
        raw.ask("63", "1", "5")
        raw.ask("62", "1", "7", "All", "NetLiquidation")
        assert (await raw.read())[:5] == ["63", "1", "7", "DUSIM0001", "NetLiquidation"]


async def test_account_updates_are_values_portfolio_time_and_an_end() -> None:
    async with gateway() as server, bare(server) as raw:
        await raw.start(1)
        raw.ask("6", "2", "1", "DUSIM0001")
        seen = []
        while (fields := await raw.read())[0] != "54":
            seen.append(fields)
        assert {fields[0] for fields in seen} == {"6", "8"}
        assert ["6", "2", "AccountCode", "DUSIM0001", "", "DUSIM0001"] in seen
        assert seen[-1][:2] == ["8", "1"]
        assert fields == ["54", "1", "DUSIM0001"]
        raw.ask("6", "2", "0", "DUSIM0001")
        raw.ask("49", "1")
        assert (await raw.read())[0] == "49"


@pytest.mark.parametrize(
    ("request_fields", "answer"),
    [
        (["17", "1"], ["15", "1", "DUSIM0001"]),
        (["8", "1", "1"], ["9", "1", "1"]),
        (["80"], ["78", "1", "DUSIM0001", ""]),
        (["104", "5"], ["107", "5", ""]),
        (["85"], ["85", "0"]),
        (["79", "5"], ["77", "5", "0"]),
    ],
)
async def test_small_questions_have_small_answers(request_fields: list[str], answer: list[str]) -> None:
    async with gateway() as server, bare(server) as raw:
        await raw.start(1)
        raw.ask(*request_fields)
        assert await raw.read() == answer


async def test_requests_that_need_no_answer_get_none() -> None:
    async with gateway() as server, bare(server) as raw:
        await raw.start(1)
        for fields in (["12", "1", "1"], ["13", "1"], ["14", "1", "5"], ["77", "1", "5"], ["93", "5"], ["95", "5"]):
            raw.ask(*fields)
        raw.ask("49", "1")
        assert (await raw.read())[0] == "49"
