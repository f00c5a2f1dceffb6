"""Webhooks of other systems: each message becomes events by an import, at most once."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, Response, request

from ...engine import Engine
from ...events.event import Event, Malformed
from ...events.mapping import Row, RowMapping
from ...events.webhook import CALLS, Delivery, Unsigned, is_ping, messages
from ...invitations.planning import take
from ...settings import ready_imports
from ...settings.hooks import HookSettings
from ...values.enumeration import HookKind
from ...values.name import is_survey
from ...values.strict_json import Undecodable
from ..misses import WAIT
from ..services import services
from ..wsgi.body import LIMIT, whole
from .common import RequestProblem, answered

bp = Blueprint("hooks", __name__, url_prefix="/hooks")
log = logging.getLogger("surveyengine")
UNKNOWN = "no webhook of this name knows this signature; the log of the engine says what is wrong"
_NOWHERE = {
    kind: HookSettings.model_validate({"kind": kind, "secret": secrets.token_hex()})
    for kind in (HookKind.SHOPIFY, HookKind.SEGMENT)
}
"""Hooks that nobody can sign for: a name that there is not takes the same time, and gets the same answer."""


@bp.post("/<name>", defaults={"call": ""})
@bp.post("/<name>/v1/<call>")
def receive(name: str, call: str) -> Response:
    """Take a message.

    What is signed and understood is answered with 200, also where no event comes of it: a sender that is told otherwise
    sends it again, or gives up the whole webhook.
    """
    if call and call not in CALLS:
        raise RequestProblem(404, "Segment's libraries send to no such address")
    engine = services().engine
    now, is_sure = engine.timekeeper.told()
    delivery = Delivery({key.lower(): value for key, value in request.headers.items()}, whole(request, LIMIT), call)
    if is_ping(delivery):
        return answered({"success": True})
    rows = _rows(engine, name, delivery, now)
    events = _events(engine, engine.config.hooks[name], rows, now)
    outcomes = take(engine, [one for one in events if one is not None], now, is_sure)
    for one in outcomes:
        if one["outcome"] == "refused":
            # Why may quote what the message says of somebody, which has no place in a log.
            log.warning("a message to the webhook %s is refused; what its sender is told says why", name)
    return answered({"success": True, "events": outcomes, "passed_over": events.count(None)})


def _rows(engine: Engine, name: str, delivery: Delivery, now: datetime) -> list[Row]:
    """Return what a message holds. Whoever cannot sign is not told which names there are, nor of which kind."""
    hook = engine.config.hooks.get(name)
    if hook and bool(delivery.call) != (hook.kind is HookKind.SEGMENT):
        hook = None
    try:
        return messages(hook or _NOWHERE[HookKind.SEGMENT if delivery.call else HookKind.SHOPIFY], delivery, now)
    except Unsigned as error:
        why = str(error) if hook else "[hooks] of config.toml has no such name at this address"
        log.warning("a message to the webhook %s is not taken: %s", name if is_survey(name) else "?", why)
        if services().misses.too_many(request.remote_addr, time.monotonic()):
            why = "too many messages that are not signed came from your network; wait a minute"
            raise RequestProblem(429, why, **{"Retry-After": str(WAIT)}) from error
        raise RequestProblem(401, UNKNOWN) from error
    except Undecodable as error:
        raise RequestProblem(400, f"the body {error.reason}") from error


def _events(engine: Engine, hook: HookSettings, rows: Sequence[Row], now: datetime) -> list[Event | Malformed | None]:
    """Return the events of a message, None for each part of it that its import says nothing about."""
    reader = hook.reader or ""
    how = ready_imports.named(reader, engine.config.imports)
    if how is None:  # `check` lets no such hook pass
        raise RequestProblem(404, f"there is no [import.{reader}] in config.toml")
    mapping = RowMapping(how, reader, how.zoned(engine.config.business.zone))
    return [mapping.event([row], now) for row in rows]
