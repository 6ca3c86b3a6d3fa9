"""How the next clients are met: by an older gateway, late, with bytes that make no sense, or with a hung-up line."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ibtui.sim.wire import NEWEST_VERSION

Moment = Literal["connect", "hello"]
"""When the connection is open and nothing was said, or when the client has said its hello."""


@dataclass(slots=True)
class Manner:
    """How hellos are answered.

    Attributes:
        newest: The newest server version that is admitted to. Below 157 it is that of a gateway too old for us to
            play, which says no more after its hello.
        seconds: How late the answer comes.
        count: How many are still answered so; None means all.
    """

    newest: int = NEWEST_VERSION
    seconds: float = 0.0
    count: int | None = None


@dataclass(slots=True)
class Greeting:
    """Bytes that the next clients get before all else, or right after the answer to their hello."""

    moment: Moment
    data: bytes
    count: int


class Meetings:
    """What the next clients run into while they connect."""

    def __init__(self) -> None:
        self._manner = Manner()
        self._greetings: list[Greeting] = []
        self._hang_ups: dict[Moment, int] = {"connect": 0, "hello": 0}

    def answer_hellos(self, manner: Manner) -> None:
        """Has the next hellos answered that way."""
        self._manner = manner

    def next_manner(self) -> Manner:
        """How a hello that has just come is answered."""
        manner = self._manner
        if manner.count is not None:
            manner.count -= 1
            if manner.count <= 0:
                self._manner = Manner()
        return manner

    def greet(self, greeting: Greeting) -> None:
        """Has the next clients get bytes that are no message of ours."""
        self._greetings.append(greeting)

    def greetings(self, moment: Moment) -> Iterator[bytes]:
        """What a client gets at this moment."""
        for greeting in [each for each in self._greetings if each.moment == moment]:
            greeting.count -= 1
            if greeting.count <= 0:
                self._greetings.remove(greeting)
            yield greeting.data

    def hang_up(self, moment: Moment, count: int) -> None:
        """Has the next clients' connections closed at that moment."""
        self._hang_ups[moment] = count

    def hangs_up(self, moment: Moment) -> bool:
        """Whether a client's connection is closed at this moment."""
        hung_up = self._hang_ups[moment] > 0
        self._hang_ups[moment] -= hung_up
        return hung_up
