"""The signed token that a form carries instead of a cookie: its survey version, invitation and submission id."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from ..values.context import Pairs
from ..values.enumeration import FormLayout
from ..values.link_tokens import new_id
from ..values.signing import Purpose, derived_key, fast_proof, is_same

_encode = json.JSONEncoder(separators=(",", ":")).encode  # json.dumps would make an encoder at each call


@dataclass(frozen=True)
class FormToken:
    """What a form was made for; its `submission` is counted once, however often it arrives."""

    submission: str
    survey: str
    digest: str
    invitation: str = ""  # the invitation's id; "" for an open link
    issued_at: datetime = datetime.fromtimestamp(0, UTC)
    selected: Pairs = ()  # what a link has chosen beforehand: question and value
    context: Pairs = ()  # what an open link says about its visitor
    claimed: bool = False  # whether nobody vouches for that
    layout: str = FormLayout.PAGE
    withheld: tuple[str, ...] = ()  # questions of which something is kept that the form does not show


def opened(survey: str, digest: str, now: datetime, invitation: str = "") -> FormToken:
    """Return the token of a form that is opened now."""
    return FormToken(new_id(), survey, digest, invitation, now)


def renewed(ticket: FormToken, now: datetime) -> FormToken:
    """Return the token of a second form like that one, for an answer of its own."""
    new = opened(ticket.survey, ticket.digest, now)
    return replace(new, context=ticket.context, claimed=ticket.claimed, layout=ticket.layout)


def _pairs(given: Any) -> Pairs:
    return tuple((name, value) for name, value in given)


READ: Mapping[str, Callable[[Any], Any]] = {"context": _pairs, "claimed": bool, "layout": str, "withheld": tuple}
USUAL = {one.name: one.default for one in fields(FormToken) if one.name in READ}


def _more(ticket: FormToken) -> dict[str, Any]:
    """Return the fields that differ from what most forms carry."""
    return {name: value for name, usual in USUAL.items() if (value := getattr(ticket, name)) != usual}


class FormTokens:
    """Signs form tokens with the first of some secrets, and reads back what any of them signed."""

    def __init__(self, *secrets: bytes) -> None:
        self._keys = [derived_key(secret, Purpose.FORM) for secret in secrets]

    def sign(self, ticket: FormToken) -> str:
        """Return the token as signed text."""
        issued = int(ticket.issued_at.timestamp() * 1000) / 1000  # never later than it was
        content = [ticket.submission, ticket.survey, ticket.digest, ticket.invitation, issued, ticket.selected]
        if more := _more(ticket):
            content.append(more)
        body = urlsafe_b64encode(_encode(content).encode()).decode()
        return f"{body}.{fast_proof(self._keys[0], body)}"

    def read(self, token: str) -> FormToken | None:
        """Return the token of a signed text; None for one that we did not sign."""
        body, _, proof = token.partition(".")
        if not any(is_same(proof, fast_proof(key, body)) for key in self._keys):
            return None
        submission, survey, digest, invitation, issued, selected, *rest = json.loads(urlsafe_b64decode(body))
        more = {name: READ[name](value) for name, value in (rest[0] if rest else {}).items()}
        moment = datetime.fromtimestamp(issued, UTC)
        return FormToken(submission, survey, digest, invitation, moment, _pairs(selected), **more)
