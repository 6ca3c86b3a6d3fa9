"""Answers about the account: values, positions, P&L."""

from ibtui.sim import messages, requests
from ibtui.sim.client import Client
from ibtui.sim.gateway import Gateway
from ibtui.sim.schema import Values

BAD_VALUE = 321
TOO_MANY_SUMMARIES = 322
MOST_SUMMARIES = 2
"""IB allows this many account summaries at once."""


def account_updates(gateway: Gateway, client: Client, ask: Values) -> None:
    """Sends the account and keeps the client up to date, or stops doing so."""
    watch = gateway.accounts.of(client)
    if not ask["subscribe"]:
        watch.account = False
        return
    if not _is_ours(gateway, ask["account"]):
        client.error(-1, BAD_VALUE, f"Error validating request.-'bU' : cause - Invalid account code '{ask['account']}'")
        return
    watch.account = True
    gateway.accounts.send_account(client, watch)


def account_updates_multi(gateway: Gateway, client: Client, ask: Values) -> None:
    """Sends the account's values under a request id."""
    if not _is_ours(gateway, ask["account"]):
        _refuse_account(client, ask)
        return
    gateway.accounts.send_multi(client, ask["req_id"])


def account_summary(gateway: Gateway, client: Client, ask: Values) -> None:
    """Sends the account values named by their tags."""
    watch, req_id = gateway.accounts.of(client), ask["req_id"]
    if req_id not in watch.summaries and len(watch.summaries) == MOST_SUMMARIES:
        text = "Error processing request.-'bL' : cause - Maximum number of account summary requests exceeded"
        client.error(req_id, TOO_MANY_SUMMARIES, text)
        return
    tags = frozenset((ask["tags"] or "").split(","))
    watch.summaries[req_id] = tags
    gateway.accounts.send_summary(client, req_id, tags)


def cancel_account_summary(gateway: Gateway, client: Client, ask: Values) -> None:
    """Ends a summary."""
    gateway.accounts.of(client).summaries.pop(ask["req_id"], None)


def positions(gateway: Gateway, client: Client, _: Values) -> None:
    """Sends all positions and from now on each that changes."""
    gateway.accounts.of(client).positions = True
    for position in gateway.accounts.positions():
        gateway.accounts.send_position(client, position)
    client.send(messages.POSITIONS_END)


def cancel_positions(gateway: Gateway, client: Client, _: Values) -> None:
    """Stops sending positions."""
    gateway.accounts.of(client).positions = False


def positions_multi(gateway: Gateway, client: Client, ask: Values) -> None:
    """Sends the account's positions under a request id and from now on each that changes."""
    if not _is_ours(gateway, ask["account"]):
        _refuse_account(client, ask)
        return
    gateway.accounts.of(client).positions_multi.add(ask["req_id"])
    for position in gateway.accounts.positions():
        gateway.accounts.send_position_multi(client, ask["req_id"], position)
    client.send(messages.POSITIONS_MULTI_END, req_id=ask["req_id"])


def cancel_positions_multi(gateway: Gateway, client: Client, ask: Values) -> None:
    """Stops sending positions under a request id."""
    gateway.accounts.of(client).positions_multi.discard(ask["req_id"])


def pnl(gateway: Gateway, client: Client, ask: Values) -> None:
    """Sends the account's P&L, now and whenever it changes."""
    if not _is_ours(gateway, ask["account"]):
        _refuse_account(client, ask)
        return
    gateway.accounts.of(client).pnl[ask["req_id"]] = gateway.accounts.send_pnl(client, ask["req_id"])


def cancel_pnl(gateway: Gateway, client: Client, ask: Values) -> None:
    """Stops sending P&L."""
    gateway.accounts.of(client).pnl.pop(ask["req_id"], None)


def pnl_single(gateway: Gateway, client: Client, ask: Values) -> None:
    """Sends one position's P&L, now and whenever it changes."""
    con_id = ask["con_id"] or 0
    if not _is_ours(gateway, ask["account"]):
        _refuse_account(client, ask)
        return
    if gateway.exchange.universe.by_con_id(con_id) is None:
        client.error(ask["req_id"], BAD_VALUE, f"Error validating request.-'cH' : cause - Invalid contract id {con_id}")
        return
    sent = gateway.accounts.send_pnl_single(client, ask["req_id"], con_id)
    gateway.accounts.of(client).pnl_single[ask["req_id"]] = con_id, sent


def cancel_pnl_single(gateway: Gateway, client: Client, ask: Values) -> None:
    """Stops sending a position's P&L."""
    gateway.accounts.of(client).pnl_single.pop(ask["req_id"], None)


def nothing_to_cancel(_: Gateway, __: Client, ___: Values) -> None:
    """Account values under a request id are sent once here, so there is nothing to end."""


def _is_ours(gateway: Gateway, account: str | None) -> bool:
    return account in (None, "", gateway.account)


def _refuse_account(client: Client, ask: Values) -> None:
    text = f"Error validating request.-'cG' : cause - Invalid account code '{ask['account']}'"
    client.error(ask["req_id"], BAD_VALUE, text)


ANSWERS = {
    requests.ACCOUNT_UPDATES: account_updates,
    requests.ACCOUNT_UPDATES_MULTI: account_updates_multi,
    requests.CANCEL_ACCOUNT_UPDATES_MULTI: nothing_to_cancel,
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
