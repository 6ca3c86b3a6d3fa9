"""Answers about the session itself: the start, ids, accounts, time."""

from ibtui.clock import NS
from ibtui.sim import messages, requests
from ibtui.sim.client import SYSTEM, Client
from ibtui.sim.gateway import Gateway
from ibtui.sim.schema import Values

CLIENT_ID_IN_USE = 326
CLIENT_ID_IN_USE_TEXT = "Unable to connect as the client id is already in use. Retry with a unique client id."


def start_api(gateway: Gateway, client: Client, ask: Values) -> None:
    """Gives the connection its client id, or refuses one that is taken and closes."""
    client_id = ask["client_id"] or 0
    if any(other.client_id == client_id for other in gateway.clients) or gateway.faults.starts_in_use():
        client.error(SYSTEM, CLIENT_ID_IN_USE, CLIENT_ID_IN_USE_TEXT)
        client.close()
        return
    client.client_id = client_id
    managed_accounts(gateway, client, ask)
    next_id(gateway, client, ask)
    gateway.links.greet(client)


def managed_accounts(gateway: Gateway, client: Client, _: Values) -> None:
    """Names the accounts of this gateway's user."""
    client.send(messages.MANAGED_ACCOUNTS, accounts=",".join(gateway.managed_accounts))


def next_id(gateway: Gateway, client: Client, _: Values) -> None:
    """Names the lowest order id that this client has not used."""
    client.send(messages.NEXT_VALID_ID, order_id=gateway.orders.next_id(client.client_id or 0))


def current_time(gateway: Gateway, client: Client, _: Values) -> None:
    """Market time in UTC seconds."""
    client.send(messages.CURRENT_TIME, time=gateway.told_ns() // NS)


def family_codes(gateway: Gateway, client: Client, _: Values) -> None:
    """The accounts belong to no family."""
    client.send(messages.FAMILY_CODES, codes=[{"account": each, "code": ""} for each in gateway.managed_accounts])


def user_info(_: Gateway, client: Client, ask: Values) -> None:
    """No white branding."""
    client.send(messages.USER_INFO, req_id=ask["req_id"], white_branding_id="")


def news_providers(_: Gateway, client: Client, __: Values) -> None:
    """There are none."""
    client.send(messages.NEWS_PROVIDERS, providers=[])


def soft_dollar_tiers(_: Gateway, client: Client, ask: Values) -> None:
    """There are none."""
    client.send(messages.SOFT_DOLLAR_TIERS, req_id=ask["req_id"], tiers=[])


def nothing(_: Gateway, __: Client, ___: Values) -> None:
    """A request that asks for no answer and changes nothing here."""


ANSWERS = {
    requests.START_API: start_api,
    requests.MANAGED_ACCOUNTS: managed_accounts,
    requests.IDS: next_id,
    requests.CURRENT_TIME: current_time,
    requests.FAMILY_CODES: family_codes,
    requests.USER_INFO: user_info,
    requests.NEWS_PROVIDERS: news_providers,
    requests.SOFT_DOLLAR_TIERS: soft_dollar_tiers,
    requests.NEWS_BULLETINS: nothing,
    requests.CANCEL_NEWS_BULLETINS: nothing,
    requests.SERVER_LOG_LEVEL: nothing,
}
