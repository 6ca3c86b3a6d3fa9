"""What the gateway answers: one table from request to function, put together from one file for each subject."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ibtui.sim.answers import account, contracts, history, orders, quotes, scans, session
from ibtui.sim.client import Client
from ibtui.sim.schema import Message, Values

if TYPE_CHECKING:
    from ibtui.sim.gateway import Gateway

Answer = Callable[["Gateway", Client, Values], None]

ANSWERS: Mapping[Message, Answer] = {
    **session.ANSWERS,
    **contracts.ANSWERS,
    **quotes.ANSWERS,
    **history.ANSWERS,
    **orders.ANSWERS,
    **account.ANSWERS,
    **scans.ANSWERS,
}
