"""What IB's message codes mean, how bad they are, what they do to a link or an order, and what helps.

ib_insync 0.9.86 takes every code it does not know for the end of the order it names. Here a code only ever says what
this table says; one that is not listed is shown as it came and never changes an order. Meanings follow IB's page
"Message Codes" of the TWS API documentation.
"""

# ruff: noqa: E501 - the table keeps one code a line

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, cast, get_args

Severity = Literal["info", "warning", "error", "critical"]

OrderEffect = Literal["none", "warning", "rejected", "cancel_refused", "unknown"]
"""What a code says of the order that it names.

``rejected``: the order, or the change just asked for, was not taken; an order that was acknowledged before lives on as
its status says. ``cancel_refused``: it lives or has ended, ask again. ``unknown``: only reconciliation can tell.
"""

LinkEffect = Literal[
    "-", "ib lost", "ib back", "ib back, data lost", "farm broken", "farm ok", "farm idle", "farm connecting"
]
"""``ib`` is the gateway's own link to IB; a farm is one of IB's data servers, named at the end of the text."""

About = Literal["link", "order", "data", "depth", "tape", "history", "contract", "account", "scanner", "system"]


@dataclass(frozen=True, slots=True)
class Code:
    """One code, or a range of codes that mean the same.

    Attributes:
        number: The code that was looked up.
        meaning: In plain words; empty for an unlisted code.
        action: What helps; empty where nothing has to be done.
        listed: Whether the table knows it.
    """

    number: int
    about: About
    severity: Severity
    order: OrderEffect
    link: LinkEffect
    meaning: str
    action: str
    listed: bool = True

    def sentence(self, text: str) -> str:
        """IB's own text, and what helps where the table knows."""
        said = f"{text.rstrip('. ')} (IB code {self.number})"
        return f"{said}. {self.action}" if self.action else said


REFUSED_REQUEST = 321

# code or range | about | severity | order | link | meaning | what helps
_TABLE = """
100         | system   | error    | unknown        | - | Too many messages a second, all kinds together | Requests slow down by themselves
101         | data     | warning  | none           | - | All market data lines are in use | Remove symbols, or buy more lines
102         | data     | warning  | none           | - | Request id used twice |
103         | order    | error    | rejected       | - | Order id used before | Send it again as a new order
104         | order    | warning  | cancel_refused | - | A filled order can't be changed |
105         | order    | warning  | rejected       | - | The change does not fit the order | Cancel it and send a new one
106-107     | order    | error    | rejected       | - | The order is incomplete and can't be sent |
109         | order    | error    | rejected       | - | The price is further away than the gateway's percentage setting allows | Change the price
110         | order    | error    | rejected       | - | The price does not fit the contract's increment | Use a price on the increment
111-113     | order    | error    | rejected       | - | Order type and time in force do not go together |
114-126     | order    | error    | rejected       | - | The order can't be sent like this |
129-134     | order    | error    | rejected       | - | The order, or its change, failed |
135-137     | order    | warning  | cancel_refused | - | The order can't be found or cancelled | Its state is asked for again
138-139     | data     | error    | none           | - | The request could not be read |
140-160     | order    | error    | rejected       | - | A field of the order is not allowed |
161         | order    | warning  | cancel_refused | - | The order can't be cancelled in its state | Its state is asked for again
162         | history  | warning  | none           | - | The history server answered with an error |
163         | order    | error    | rejected       | - | The price breaks the gateway's percentage limit | Change the price
164         | order    | warning  | warning        | - | No market data to check the price against |
165         | history  | info     | none           | - | Notice of the history server |
166         | history  | warning  | none           | - | The contract has expired: no history by this request |
167-168     | order    | error    | rejected       | - | A field of the order is not allowed |
200         | contract | error    | rejected       | - | No contract fits, or more than one does | Name the contract more exactly
201         | order    | error    | rejected       | - | The order was rejected |
202         | order    | info     | warning        | - | The order was cancelled; its status follows |
203         | order    | error    | rejected       | - | The contract is not allowed for this account |
300         | data     | info     | none           | - | No such market data request: it had ended already |
301-308     | system   | error    | none           | - | The request could not be read |
309         | depth    | warning  | none           | - | All depth slots are in use (IB allows three) | Close another book
310         | depth    | info     | none           | - | No such depth request: it had ended already |
311-315     | order    | error    | rejected       | - | The order can't be sent like this |
316         | depth    | warning  | none           | - | Depth was halted and must be asked for again | That is done by itself
317         | depth    | warning  | none           | - | Depth was reset: the book is built again |
319         | system   | warning  | none           | - | Log level not allowed |
320         | system   | error    | warning        | - | The gateway could not read a request |
321         | system   | error    | rejected       | - | The gateway refused a request | If it says read-only: switch off "Read-Only API" in its API settings
322-323     | system   | error    | warning        | - | The gateway failed to process a request |
324         | system   | error    | none           | - | The gateway could not read a request |
325         | order    | error    | rejected       | - | Discretionary orders are not allowed here |
326         | link     | critical | none           | - | The client id is in use | End the other program, or choose another client id
327         | order    | warning  | none           | - | Only client id 0 can bind manual orders |
328-329     | order    | error    | rejected       | - | The order can't be changed to that type |
330-332     | account  | error    | warning        | - | Only adviser accounts can ask for this |
333-353     | order    | error    | rejected       | - | A field of the order is not allowed |
354         | data     | warning  | none           | - | No subscription for this market data | Buy it at IB, or use delayed data
355-356     | order    | error    | rejected       | - | The size or group does not fit the market's rules |
357         | link     | critical | none           | - | The gateway wants a newer client | Use an older gateway: see the tested versions
358-364     | order    | error    | rejected       | - | A field of the order is not allowed |
365         | scanner  | info     | none           | - | No such scanner request: it had ended already |
366         | history  | info     | none           | - | No such history request: it had ended already |
367-381     | order    | error    | rejected       | - | A field of the order is not allowed |
382         | order    | error    | rejected       | - | The price breaks the gateway's precaution | Change the price, or the gateway's precautionary settings
383         | order    | error    | rejected       | - | The size breaks the gateway's size limit | Change the size, or the gateway's precautionary settings
384-398     | order    | error    | rejected       | - | The order is not allowed for this contract or exchange |
399         | order    | warning  | warning        | - | Notice about the order |
400-403     | order    | error    | rejected       | - | A field of the order is not allowed |
404         | order    | warning  | warning        | - | Held: shares to sell short are being looked for |
405-413     | order    | error    | rejected       | - | A field of the order is not allowed |
414         | data     | error    | none           | - | A snapshot can't carry generic ticks |
415-419     | order    | error    | rejected       | - | A field of the order is not allowed |
420         | data     | warning  | none           | - | Real-time request refused: too many, or not allowed | It is asked again later
421-429     | order    | error    | rejected       | - | A field of the order is not allowed |
430         | data     | warning  | none           | - | No fundamental data for this contract |
431-433     | order    | error    | rejected       | - | A field of the order is not allowed |
434         | order    | error    | rejected       | - | The size can't be zero |
435-437     | order    | error    | rejected       | - | Account or allocation is missing | Name the account
438         | system   | critical | warning        | - | The gateway is locked | Unlock it in its window
439-449     | order    | error    | rejected       | - | The algorithm is not allowed here |
481         | order    | warning  | warning        | - | The size was reduced by the gateway |
492         | order    | warning  | warning        | - | Notice about the order |
501-502     | link     | error    | none           | - | No connection between client and gateway |
503         | link     | critical | none           | - | The gateway is too old | Install TWS or IB Gateway 972 or newer
504         | link     | error    | none           | - | Not connected |
505-509     | link     | error    | none           | - | A frame was not understood |
510-578     | system   | error    | none           | - | A request could not be sent |
579         | order    | error    | rejected       | - | A text holds a character that is not allowed | Use plain ASCII
1100        | link     | critical | warning        | ib lost | The gateway lost IB | Nothing to do: it reconnects by itself
1101        | link     | warning  | warning        | ib back, data lost | IB is back, subscriptions were lost | They are asked for again
1102        | link     | info     | warning        | ib back | IB is back, subscriptions were kept |
1300        | link     | critical | warning        | - | The gateway's API port was changed | Set [gateway] port to the one it names
2100        | account  | warning  | none           | - | Account data goes to another client now |
2101        | account  | warning  | none           | - | Account data not subscribed: clients watch another account |
2102        | order    | warning  | rejected       | - | The change came while the order was being processed | Try again in a moment
2103        | data     | warning  | none           | farm broken | A market data farm is down | Its quotes age until it is back
2104        | data     | info     | none           | farm ok | A market data farm is up |
2105        | history  | warning  | none           | farm broken | A history farm is down | History waits until it is back
2106        | history  | info     | none           | farm ok | A history farm is up |
2107        | history  | info     | none           | farm idle | A history farm sleeps and wakes on demand |
2108        | data     | info     | none           | farm idle | A market data farm sleeps and wakes on demand |
2109        | order    | warning  | warning        | - | Outside regular hours is ignored for this order |
2110        | link     | critical | warning        | ib lost | The gateway lost IB's server | Nothing to do: it reconnects by itself
2119        | data     | info     | none           | farm connecting | A market data farm is connecting |
2129        | data     | info     | none           | - | Indicative data only |
2137        | order    | warning  | warning        | - | The order crosses one of yours on the other side |
2148        | order    | warning  | warning        | - | Notice about the order |
2150        | order    | warning  | warning        | - | Invalid position trade derived value |
2152        | depth    | info     | none           | - | Depth from some exchanges needs more permissions |
2157        | contract | warning  | none           | farm broken | The contract farm is down | New symbols wait until it is back
2158        | contract | info     | none           | farm ok | The contract farm is up |
2161        | order    | warning  | warning        | - | The price was capped by the gateway |
2168-2170   | order    | warning  | warning        | - | An outdated order attribute was ignored |
10000-10027 | order    | error    | rejected       | - | A field of the order is not allowed |
10089       | data     | warning  | none           | - | Live data needs a subscription; delayed data is there | Use delayed data, or buy the subscription
10090       | data     | warning  | none           | - | Part of the market data is not subscribed |
10091       | data     | warning  | none           | - | Part of the market data needs a subscription for the API |
10092       | depth    | warning  | none           | - | No depth for this contract on this exchange |
10147       | order    | warning  | cancel_refused | - | The order to cancel was not found | Its state is asked for again
10148       | order    | warning  | cancel_refused | - | The order can't be cancelled in its state | Its state is asked for again
10149-10151 | order    | error    | rejected       | - | A field of the order is not allowed |
10167       | data     | info     | none           | - | Not subscribed: delayed data is shown |
10168       | data     | warning  | none           | - | Not subscribed, and delayed data is not switched on | Use delayed data
10182       | history  | warning  | none           | - | Live bars ended | They are asked for again
10186       | data     | warning  | none           | - | Not subscribed, and there is no delayed data |
10187       | history  | warning  | none           | - | Historical ticks were refused |
10189       | tape     | warning  | none           | - | Tick-by-tick data was refused |
10190       | tape     | warning  | none           | - | All tick-by-tick slots are in use | Close another tape
10197       | data     | warning  | none           | - | Another session of this login gets the live data | End the other session
10225       | history  | warning  | none           | - | A bust ended the bar subscription | It is asked for again
10233       | order    | warning  | warning        | - | Notice about the order |
10268-10270 | order    | error    | rejected       | - | An outdated order attribute is set |
10276-10277 | data     | warning  | none           | - | The news feed is not allowed |
10285       | order    | error    | rejected       | - | Fractional sizes are not supported by this API version | Use a whole number
10289       | order    | error    | rejected       | - | This order needs a cash quantity |
10311       | order    | warning  | warning        | - | Direct routing costs more |
10318       | order    | error    | rejected       | - | The order can't have a fractional size | Use a whole number
10328       | order    | error    | unknown        | - | The gateway lost the order's data with its connection | Reconciliation finds out
10329       | order    | warning  | warning        | - | Direct routing notice |
10331-10335 | order    | warning  | warning        | - | Notice about the order |
10349       | order    | warning  | warning        | - | Time in force was set by the gateway's preset |
10358       | data     | warning  | none           | - | Fundamental data is not allowed |
"""


def _read(table: str) -> Mapping[int, Code]:
    codes: dict[int, Code] = {}
    for line in table.strip().splitlines():
        numbers, about, severity, order, link, meaning, action = (cell.strip() for cell in line.split("|"))
        first, _, last = numbers.partition("-")
        for number in range(int(first), int(last or first) + 1):
            codes[number] = Code(
                number,
                cast(About, about),
                cast(Severity, severity),
                cast(OrderEffect, order),
                cast(LinkEffect, link),
                meaning,
                action,
            )
    return MappingProxyType(codes)


CODES = _read(_TABLE)


def lookup(number: int) -> Code:
    """What a code means.

    An unlisted one is shown as it came and never changes an order; IB numbers its notices 2100 to 2199.
    """
    if number in CODES:
        return CODES[number]
    return Code(number, "system", "info" if 2100 <= number < 2200 else "warning", "warning", "-", "", "", listed=False)


def is_read_only(code: int, text: str) -> bool:
    """Whether a message says that the gateway's API takes no orders. Its code stands for much else too."""
    return code == REFUSED_REQUEST and "read-only" in text.lower()


WORDS = {
    "about": get_args(About),
    "severity": get_args(Severity),
    "order": get_args(OrderEffect),
    "link": get_args(LinkEffect),
}
"""The words each column may hold."""
