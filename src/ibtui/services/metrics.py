"""The status document as Prometheus reads it. What is unknown is left out, never zero."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST as CONTENT_TYPE
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

__all__ = ["CONTENT_TYPE", "metrics_text"]

Document = Mapping[str, Any]
Samples = Mapping[tuple[str, ...], float | None]
"""Values of the labels to the sample's value."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One metric: what it means and where it stands in the document."""

    name: str
    about: str
    read: Callable[[Document], Samples]
    labels: tuple[str, ...] = ()
    counts: bool = False


def _at(*path: str) -> Callable[[Document], Samples]:
    """Reads one value; a part of the path that is None makes it unknown."""

    def read(document: Document) -> Samples:
        found: Any = document
        for key in path:
            found = None if found is None else found[key]
        return {(): found}

    return read


def _subscriptions(document: Document) -> Samples:
    kinds = document["subscriptions"] or {}
    return {(kind, word): count for kind, counts in kinds.items() for word, count in counts.items()}


def _of_symbols(key: str) -> Callable[[Document], Samples]:
    return lambda document: {(name,): each[key] for name, each in document["symbols"].items()}


METRICS = (
    Shown("ibtui_healthy", "1 when nothing is wrong.", _at("healthy")),
    Shown("ibtui_info", "1, with the version.", lambda each: {(each["version"],): 1}, ("version",)),
    Shown("ibtui_state", "1, with the status bar's state word.", lambda each: {(each["state"],): 1}, ("state",)),
    Shown(
        "ibtui_link_up",
        "1 when the link is ok.",
        lambda document: {(name,): link["state"] == "ok" for name, link in document["links"].items()},
        ("link",),
    ),
    Shown("ibtui_reconnection_attempts", "Tries of this outage.", _at("reconnection_attempts")),
    Shown("ibtui_reconnects", "Sessions after the first.", _at("reconnects"), counts=True),
    Shown(
        "ibtui_heartbeat_seconds",
        "Last round trip to the gateway.",
        lambda document: {(): None if (ms := document["heartbeat_ms"]) is None else ms / 1000},
    ),
    Shown("ibtui_clock_skew_seconds", "Drift of the gateway's clock since the connect.", _at("skew_s")),
    Shown("ibtui_symbols_subscribed", "Symbols whose quotes were granted.", _at("symbols_subscribed")),
    Shown("ibtui_subscriptions", "Market data, granted and wanted.", _subscriptions, ("feed", "standing")),
    Shown("ibtui_last_tick_age_seconds", "Age of the newest tick.", _at("last_tick_age")),
    Shown("ibtui_symbol_ticks_per_second", "Ticks a second, over five minutes.", _of_symbols("rate"), ("symbol",)),
    Shown("ibtui_writer_lag_seconds", "Age of the oldest row that is not on disk.", _at("writer_lag")),
    Shown("ibtui_writer_queued_rows", "Rows that are not on disk.", _at("writer", "queued")),
    Shown("ibtui_writer_written_rows", "Market data rows written.", _at("writer", "written"), counts=True),
    Shown("ibtui_writer_shed_rows", "Market data rows given up.", _at("writer", "shed"), counts=True),
    Shown(
        "ibtui_loop_lag_seconds",
        "How late the event loop is, over a minute.",
        lambda document: {(name,): ms / 1000 for name, ms in (document["loop_lag_ms"] or {}).items()},
        ("quantile",),
    ),
    Shown(
        "ibtui_orders",
        "Orders ever entered here, by status.",
        lambda document: {(status,): count for status, count in document["orders"].items()},
        ("status",),
    ),
    Shown("ibtui_errors_logged", "Log lines of level ERROR in this run.", _at("errors", "logged"), counts=True),
    Shown("ibtui_frames_not_understood", "Messages that make no sense.", _at("errors", "not_understood")),
)
"""The one table of metrics; those of the process itself come from the library."""


def metrics_text(document: Document) -> bytes:
    """The document in Prometheus' text format."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(_Told(document))
    return generate_latest(registry)


class _Told(Collector):
    def __init__(self, document: Document) -> None:
        self._document = document

    def collect(self) -> Iterator[Metric]:
        for shown in METRICS:
            family = (CounterMetricFamily if shown.counts else GaugeMetricFamily)(
                shown.name, shown.about, labels=shown.labels
            )
            for labels, value in shown.read(self._document).items():
                if value is not None:
                    family.add_metric(labels, float(value))
            yield family
