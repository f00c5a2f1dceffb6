"""Events over HTTP: CloudEvents 1.0 in structured, batched and binary mode."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import unquote_to_bytes

from ..values.clean import Unclean
from ..values.strict_json import Undecodable, decode_json, is_crowded, is_json
from .event import Event, Malformed, event
from .fields import Faults

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
MOST_EVENTS = 50_000  # in one request; real events reach the largest body sooner
MOST_VALUES = 1_000_000  # brackets and commas in one request; real events reach the largest body sooner
EXPECTED = f"send {STRUCTURED}, {BATCH}, application/json, or application/json with ce- headers"


def from_http(
    content_type: str, headers: Mapping[str, str], body: bytes, received: datetime
) -> list[Event | Malformed]:
    """Return each event of a request, or why it is Malformed; raises Undecodable for a request that cannot be read.

    1. `ce-` headers: binary mode, one event with the body as its data.
    2. The content type of structured or batched mode: one event, or a list of events.
    3. Plain application/json: one event, or a list of events.
    """
    media = _media(content_type)
    binary = {name.lower()[3:]: value for name, value in headers.items() if name.lower().startswith("ce-")}
    if media.startswith("application/cloudevents") and media not in (STRUCTURED, BATCH):
        raise Undecodable(f"the content type {media!r} is not understood; {EXPECTED}")
    if binary and media not in (STRUCTURED, BATCH):
        return [_from_headers(media, binary, body, received)]
    if media not in (STRUCTURED, BATCH, "application/json"):
        raise Undecodable(f"the content type {media!r} is not understood; {EXPECTED}")
    return _from_body(media, _decoded(body), received)


def _media(content_type: str) -> str:
    media, _, parameters = content_type.partition(";")
    charset = re.search(r"\bcharset\s*=\s*\"?([^\s\";]*)", parameters, re.IGNORECASE)
    if charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii", "ascii"):
        raise Undecodable(f"the charset {charset[1]!r} is not understood; send UTF-8")
    return media.strip().lower()


def _decoded(body: bytes) -> object:
    if is_crowded(body, MOST_VALUES):
        raise Undecodable(f"the body has more than {MOST_VALUES:,} brackets and commas; send it in several requests")
    try:
        return decode_json(body)
    except Undecodable as error:
        raise Undecodable(f"the body {error.reason}") from None


def _from_body(media: str, value: object, received: datetime) -> list[Event | Malformed]:
    if media == BATCH and not isinstance(value, list):
        raise Undecodable(f"the body is not a JSON array, as {BATCH} says; send one event as {STRUCTURED}")
    if media == STRUCTURED and isinstance(value, list):
        raise Undecodable(f"the body is a JSON array; send several events as {BATCH}")
    if not isinstance(value, list):
        return [event(value, received)]
    if len(value) > MOST_EVENTS:
        raise Undecodable(f"the body holds {len(value):,} events; send at most {MOST_EVENTS:,} at once")
    return [_placed(event(item, received), f"event {place}") for place, item in enumerate(value, start=1)]


def _placed(item: Event | Malformed, where: str) -> Event | Malformed:
    return replace(item, where=where) if isinstance(item, Malformed) else item


def _from_headers(media: str, attributes: Mapping[str, str], body: bytes, received: datetime) -> Event | Malformed:
    """Return the event whose attributes are headers and whose data is the body (HTTP binding 1.0.2, section 3.1)."""
    if body.strip() and media and not is_json(media):
        raise Undecodable(f"the content type {media!r} is not understood; {EXPECTED}")
    faults = Faults()
    raw: dict[str, object] = {
        name: faults.read(name, _unescaped, value, None)
        for name, value in attributes.items()
        if not name.startswith("data")
    }
    if reason := faults.reason():
        return Malformed(reason)
    raw["data"] = _decoded(body) if body.strip() else None
    return event(raw, received)


def _unescaped(value: str) -> str:
    """Return a header's value without the quotes of older senders, and percent-decoded once."""
    plain = value.strip()
    if len(plain) > 1 and plain[0] == plain[-1] == '"':
        plain = re.sub(r"\\(.)", r"\1", plain[1:-1], flags=re.DOTALL)
    if not plain.isascii():
        raise Unclean("is a header with characters that must be percent-encoded as UTF-8")
    try:
        return unquote_to_bytes(plain).decode()
    except UnicodeDecodeError:
        raise Unclean("is a header whose percent-encoding is not valid UTF-8") from None
