"""Answers about the account: values, positions, P&L."""

from ibtui.sim import messages, requests
from ibtui.sim.account_feed import Told
from ibtui.sim.client import Client
from ibtui.sim.gateway import Gateway
from ibtui.sim.schema import Values

BAD_VALUE = 321
TOO_MANY_SUMMARIES = 322
MOST_SUMMARIES = 2
"""IB allows this many account summaries at once."""


def account_updates(gateway: Gateway, client: Client, ask: Values) -> None:
    """Sends an account and keeps the client up to date, or stops doing so; a client follows one account at a time."""
    watch = gateway.accounts.of(client)
    if not ask["subscribe"]:
        watch.account = None
        return
    name = gateway.account_for(ask["account"])
    if name is None:
        client.error(-1, BAD_VALUE, f"Error validating request.-'bU' : cause - Invalid account code '{ask['account']}'")
        return
    watch.account = Told(name)
    gateway.accounts.send_account(client, watch.account)


def account_updates_multi(gateway: Gateway, client: Client, ask: Values) -> None:
    """Sends an account's values under a request id, and from now on those that change."""
    name = _named(gateway, client, ask)
    if name is not None:
        told = gateway.accounts.of(client).multi[ask["req_id"]] = Told(name)
        gateway.accounts.send_multi(client, ask["req_id"], told)
        client.send(messages.ACCOUNT_VALUES_MULTI_END, req_id=ask["req_id"])


def cancel_account_updates_multi(gateway: Gateway, client: Client, ask: Values) -> None:
    """Stops sending an account's values under a request id."""
    gateway.accounts.of(client).multi.pop(ask["req_id"], None)


def account_summary(gateway: Gateway, client: Client, ask: Values) -> None:
    """Sends the values of all accounts named by their tags, and from now on those that change."""
    watch, req_id = gateway.accounts.of(client), ask["req_id"]
    if req_id not in watch.summaries and len(watch.summaries) == MOST_SUMMARIES:
        text = "Error processing request.-'bL' : cause - Maximum number of account summary requests exceeded"
        client.error(req_id, TOO_MANY_SUMMARIES, text)
        return
    tags = frozenset((ask["tags"] or "").split(","))
    watch.summaries[req_id] = [Told(name, tags) for name in gateway.managed_accounts]
    for told in watch.summaries[req_id]:
        gateway.accounts.send_summary(client, req_id, told)
    client.send(messages.ACCOUNT_SUMMARY_END, req_id=req_id)


def cancel_account_summary(gateway: Gateway, client: Client, ask: Values) -> None:
    """Ends a summary."""
    gateway.accounts.of(client).summaries.pop(ask["req_id"], None)


def positions(gateway: Gateway, client: Client, _: Values) -> None:
    """Sends all positions of all accounts and from now on each that changes."""
    gateway.accounts.of(client).positions = True
    for name in gateway.managed_accounts:
        for position in gateway.accounts.positions(name):
            gateway.accounts.send_position(client, name, position)
    client.send(messages.POSITIONS_END)


def cancel_positions(gateway: Gateway, client: Client, _: Values) -> None:
    """Stops sending positions."""
    gateway.accounts.of(client).positions = False


def positions_multi(gateway: Gateway, client: Client, ask: Values) -> None:
    """Sends an account's positions under a request id and from now on each that changes."""
    name = _named(gateway, client, ask)
    if name is None:
        return
    gateway.accounts.of(client).positions_multi[ask["req_id"]] = name
    for position in gateway.accounts.positions(name):
        gateway.accounts.send_position_multi(client, ask["req_id"], name, position)
    client.send(messages.POSITIONS_MULTI_END, req_id=ask["req_id"])


def cancel_positions_multi(gateway: Gateway, client: Client, ask: Values) -> None:
    """Stops sending positions under a request id."""
    gateway.accounts.of(client).positions_multi.pop(ask["req_id"], None)


def pnl(gateway: Gateway, client: Client, ask: Values) -> None:
    """Sends an account's P&L, now and whenever it changes."""
    name = _named(gateway, client, ask)
    if name is not None:
        gateway.accounts.of(client).pnl[ask["req_id"]] = gateway.accounts.send_pnl(client, ask["req_id"], name)


def cancel_pnl(gateway: Gateway, client: Client, ask: Values) -> None:
    """Stops sending P&L."""
    gateway.accounts.of(client).pnl.pop(ask["req_id"], None)


def pnl_single(gateway: Gateway, client: Client, ask: Values) -> None:
    """Sends one position's P&L, now and whenever it changes."""
    con_id = ask["con_id"] or 0
    name = _named(gateway, client, ask)
    if name is None:
        return
    if gateway.exchange.universe.by_con_id(con_id) is None:
        client.error(ask["req_id"], BAD_VALUE, f"Error validating request.-'cH' : cause - Invalid contract id {con_id}")
        return
    sent = gateway.accounts.send_pnl_single(client, ask["req_id"], name, con_id)
    gateway.accounts.of(client).pnl_single[ask["req_id"]] = sent


def cancel_pnl_single(gateway: Gateway, client: Client, ask: Values) -> None:
    """Stops sending a position's P&L."""
    gateway.accounts.of(client).pnl_single.pop(ask["req_id"], None)


def _named(gateway: Gateway, client: Client, ask: Values) -> str | None:
    """The account that a request names; the client is told where it isn't the user's."""
    name = gateway.account_for(ask["account"])
    if name is None:
        text = f"Error validating request.-'cG' : cause - Invalid account code '{ask['account']}'"
        client.error(ask["req_id"], BAD_VALUE, text)
    return name


ANSWERS = {
    requests.ACCOUNT_UPDATES: account_updates,
    requests.ACCOUNT_UPDATES_MULTI: account_updates_multi,
    requests.CANCEL_ACCOUNT_UPDATES_MULTI: cancel_account_updates_multi,
    requests.ACCOUNT_SUMMARY: account_summary,
    requests.CANCEL_ACCOUNT_SUMMARY: cancel_account_summary,
    requests.POSITIONS: positions,
    requests.CANCEL_POSITIONS: cancel_positions,
    requests.POSITIONS_MULTI: positions_multi,
    requests.CANCEL_POSITIONS_MULTI: cancel_positions_multi,
    requests.PNL: pnl,
    requests.CANCEL_PNL: cancel_pnl,
    requests.PNL_SINGLE: pnl_single,
    requests.CANCEL_PNL_SINGLE: cancel_pnl_single,
}
