"""What the gateway answers: one table from request to function, put together from one file for each subject."""

from collections.abc import Mapping

from ibtui.sim.answers import account, contracts, history, orders, quotes, scans, session
from ibtui.sim.gateway import Answer
from ibtui.sim.schema import Message

ANSWERS: Mapping[Message, Answer] = {
    **session.ANSWERS,
    **contracts.ANSWERS,
    **quotes.ANSWERS,
    **history.ANSWERS,
    **orders.ANSWERS,
    **account.ANSWERS,
    **scans.ANSWERS,
}
