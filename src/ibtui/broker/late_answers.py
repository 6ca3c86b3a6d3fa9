"""Answers that come after their question was given up.

ib_insync 0.9.86 keeps the future and the result list of each request until its answer ends, for ever where none does,
and where they were taken away the late answer is a KeyError: it would count as a frame that nobody understands.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ib_insync.wrapper import Wrapper


class _Results(dict[Any, Any]):
    """Result lists by request; what comes for a request that is no longer kept goes into a list that nobody keeps."""

    def __missing__(self, key: Any) -> list[Any]:
        return []


def expect_late_answers(wrapper: "Wrapper") -> None:
    """Lets a late answer pass without a word. Once a session, before its first request."""
    wrapper._results = _Results()


def forget_ended(wrapper: "Wrapper") -> None:
    """Drops what the library keeps of requests that ended, were refused, or were given up."""
    futures, results = wrapper._futures, wrapper._results
    for key in [key for key, future in futures.items() if future.done()]:
        del futures[key]
        wrapper._reqId2Contract.pop(key, None)
    for key in results.keys() - futures.keys():
        del results[key]
