"""Figures for Prometheus: what is planned, sent and waiting, and whether the engine works; nothing of any answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from flask import Blueprint, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from ... import __version__
from ...engine import Engine
from ...invitations import state
from ...store import clock, funnel_tallies
from ...values.enumeration import KeyScope
from .common import permitted

bp = Blueprint("metrics", __name__)
PLACES = ("survey", "state", "reason")


@bp.get("/metrics")
def metrics() -> Response:
    """Return the figures in Prometheus's text format, for a key of the scope `read`."""
    engine, registry = permitted(KeyScope.READ), CollectorRegistry()
    registry.register(EngineCollector(engine, datetime.now(UTC)))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class EngineCollector(Collector):
    """Collects the figures of an engine at a moment."""

    def __init__(self, engine: Engine, now: datetime) -> None:
        self._engine, self._now = engine, now

    def collect(self) -> Iterator[Metric]:
        """Yield the figures."""
        engine, library = self._engine, self._engine.library
        yield InfoMetricFamily("surveyengine", "The version that answers.", {"version": __version__})
        with engine.database.read() as connection:
            invited, beat = funnel_tallies.by_reason(connection), clock.beat(connection)
        places = [(where, float(n)) for *where, n in invited]
        yield _gauge("invitations", "Real invitations by survey, state and reason of refusal.", places, *PLACES)
        sending = state.status(engine, self._now)
        waiting = [((name,), float(n)) for name, n in sending.counts._asdict().items()]
        yield _gauge("sendings", "Messages: planned for later, due, late, failed, uncertain.", waiting, "state")
        reminders = [((name,), float(n)) for name, n in sending.reminders._asdict().items()]
        yield _gauge("reminders", "Those of these messages that are reminders.", reminders, "state")
        doubted, faults = len(sending.doubts), sum(fault.level == "error" for fault in library.faults)
        yield _gauge("clocks_doubted", "Machines that send nothing, because of their clock.", _one(doubted))
        silence = _one((self._now - beat.at).total_seconds()) if beat else []
        yield _gauge("heartbeat_age_seconds", "Since a worker last said that it works.", silence)
        yield _gauge("surveys", "Surveys that are served.", _one(len(library.surveys)))
        yield _gauge("file_errors", "Errors in the project's files, as `check` prints them.", _one(faults))


def _one(value: float) -> list[tuple[Sequence[str], float]]:
    """Return the sample of a figure without labels."""
    return [((), float(value))]


def _gauge(name: str, text: str, samples: Sequence[tuple[Sequence[str], float]], *labels: str) -> GaugeMetricFamily:
    found = GaugeMetricFamily(f"surveyengine_{name}", text, labels=labels)
    for values, value in samples:
        found.add_metric(values, value)
    return found
