"""The program as a process, and a gateway that the tests of one file share."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.conftest import Gateway, end_gateway, start_gateway
from tests.console.program import Program


@pytest.fixture(scope="module")
def shared_gateway() -> Iterator[Gateway]:
    """For tests that leave the market as it is: starting one takes as long as many of them."""
    gateway = start_gateway()
    yield gateway
    end_gateway(gateway)


@pytest.fixture
async def program(tmp_path: Path, shared_gateway: Gateway) -> AsyncIterator[Program]:
    """``ibtui`` on a directory of its own, with a gateway that it can reach."""
    program = Program(tmp_path, shared_gateway)
    yield program
    await program.end()


@pytest.fixture
async def lonely(tmp_path: Path) -> AsyncIterator[Program]:
    """``ibtui`` on a directory of its own, told of no gateway."""
    program = Program(tmp_path)
    yield program
    await program.end()
