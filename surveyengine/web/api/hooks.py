"""Webhooks of other systems: each message becomes events by an import, at most once."""

from __future__ import annotations

import logging
import time
from datetime import datetime

from flask import Blueprint, Response, request

from ...engine import Engine
from ...events.event import Event, Malformed
from ...events.mapping import RowMapping
from ...events.webhook import CALLS, Delivery, Unsigned, is_ping, messages
from ...invitations.planning import take
from ...settings import ready_imports
from ...settings.hooks import HookSettings
from ...values.enumeration import HookKind
from ...values.strict_json import Undecodable
from ..misses import WAIT
from ..services import services
from ..wsgi.body import LIMIT, whole
from .common import RequestProblem, answered

bp = Blueprint("hooks", __name__, url_prefix="/hooks")
log = logging.getLogger("surveyengine")


@bp.post("/<name>", defaults={"call": ""})
@bp.post("/<name>/v1/<call>")
def receive(name: str, call: str) -> Response:
    """Take a message.

    What is signed and understood is answered with 200, also where no event comes of it: a sender that is told otherwise
    sends it again, or gives up the whole webhook.
    """
    engine = services().engine
    hook = engine.config.hooks.get(name)
    if hook is None or bool(call) != (hook.kind is HookKind.SEGMENT) or call and call not in CALLS:
        raise RequestProblem(404, "there is no such webhook in [hooks] of config.toml")
    now, is_sure = engine.timekeeper.told()
    delivery = Delivery({key.lower(): value for key, value in request.headers.items()}, whole(request, LIMIT), call)
    if is_ping(hook, delivery):
        return answered({"success": True})
    events = _events(engine, (name, hook), delivery, now)
    outcomes = take(engine, [one for one in events if one is not None], now, is_sure)
    for one in outcomes:
        if one["outcome"] == "refused":
            # Why may quote what the message says of somebody, which has no place in a log.
            log.warning("a message to the webhook %s is refused; what its sender is told says why", name)
    return answered({"success": True, "events": outcomes, "passed_over": events.count(None)})


def _events(
    engine: Engine, named: tuple[str, HookSettings], delivery: Delivery, now: datetime
) -> list[Event | Malformed | None]:
    """Return the events of a message, None for each part of it that its import says nothing about."""
    name, hook = named
    try:
        rows = messages(hook, delivery, now)
    except Unsigned as error:
        log.warning("a message to the webhook %s is not taken: %s", name, error)
        if services().misses.too_many(request.remote_addr, time.monotonic()):
            why = "too many messages that are not signed came from your network; wait a minute"
            raise RequestProblem(429, why, **{"Retry-After": str(WAIT)}) from error
        raise RequestProblem(401, str(error)) from error
    except Undecodable as error:
        raise RequestProblem(400, f"the body {error.reason}") from error
    reader = hook.reader or ""
    how = ready_imports.named(reader, engine.config.imports)
    if how is None:  # `check` lets no such hook pass
        raise RequestProblem(404, f"there is no [import.{reader}] in config.toml")
    mapping = RowMapping(how, reader, how.zoned(engine.config.business.zone))
    return [mapping.event([row], now) for row in rows]
