"""Answers to numbered requests whose frames we read ourselves.

Each request has a future, which ends with its answer, with the gateway's error, after its time, or with the session.
"""

import asyncio
from typing import TYPE_CHECKING, Any

from ibtui.errors import LinkDownError, RequestRefusedError, RequestTimeoutError

if TYPE_CHECKING:
    from ibtui.broker.session import Session


class Replies:
    """The open requests of one session."""

    def __init__(self) -> None:
        self._waiting: dict[int, asyncio.Future[Any]] = {}

    def attach(self, session: "Session") -> None:
        """Listens for the errors that end a request."""
        session.tap("error", self._error)

    def detach(self) -> None:
        """The session is gone: nobody will answer."""
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(LinkDownError("the connection to the gateway was lost before it answered"))
        self._waiting.clear()

    def expect(self, request_id: int) -> asyncio.Future[Any]:
        """The future of a request that is about to be sent."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[request_id] = future
        return future

    def answer(self, request_id: int, result: Any) -> None:
        """Ends a request with its result; late answers, which nobody waits for, are dropped."""
        future = self._waiting.pop(request_id, None)
        if future is not None and not future.done():
            future.set_result(result)

    async def wait(self, request_id: int, seconds: float, what: str) -> Any:
        """The answer to a request.

        Raises:
            RequestRefusedError: The gateway answered with an error.
            RequestTimeoutError: It did not answer in time.
            LinkDownError: The session ended.
        """
        future = self._waiting[request_id]
        try:
            async with asyncio.timeout(seconds):
                return await future
        except TimeoutError:
            raise RequestTimeoutError(f"{what}: no answer from the gateway within {seconds:g} s") from None
        finally:
            self._waiting.pop(request_id, None)

    def _error(self, request_id: int, code: int, text: str, *_: object) -> None:
        future = self._waiting.get(request_id)
        if future is None or 2100 <= code < 2200:  # 21xx are notices; the answer still comes
            return
        self._waiting.pop(request_id)
        if not future.done():
            future.set_exception(RequestRefusedError(code, text))
