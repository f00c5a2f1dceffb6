"""Webhooks: whether a message is from whom it says, and the rows that are in it. Everything is decided from values."""

from __future__ import annotations

import html
import re
import zlib
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from ..settings.hooks import HookSettings
from ..values.enumeration import HookKind
from ..values.period import moment
from ..values.signing import body_signature, is_same, standard_key
from ..values.strict_json import Undecodable, decode_json, is_crowded
from .mapping import Row, flattened

PATIENCE = timedelta(minutes=5)  # by which a signed moment may differ from ours (Standard Webhooks 1.0)
MOST_MESSAGES = 1_000
MOST_UNFOLDED = 4_000_000  # bytes of a message that came compressed
MOST_VALUES = 100_000  # brackets and commas in a message; an order of a thousand items has fewer
PING = re.compile(rb"webhook_id=[0-9]{1,18}")
CALLS = ("batch", "track", "identify", "group", "page", "screen", "alias")
"""The last part of the addresses that Segment's libraries send to."""


class Delivery(NamedTuple):
    """A message as it came: its headers by their names in small letters, and its body."""

    headers: Mapping[str, str]
    body: bytes
    call: str = ""  # of Segment


class Unsigned(Exception):
    """The message is not signed by whom the hook is for, or is an old one sent again; the reason is for its sender."""


def is_ping(delivery: Delivery) -> bool:
    """Whether this is what WooCommerce sends, unsigned, when a webhook is saved; it must be answered with 200.

    It says nothing, and is answered at any name, so that nobody learns by it which names there are.
    """
    return not delivery.call and PING.fullmatch(delivery.body) is not None


def messages(hook: HookSettings, delivery: Delivery, now: datetime) -> list[Row]:
    """Return the rows of a message, once its signature is found to be right.

    Raises Unsigned, and Undecodable where it is signed and not understood.
    """
    if hook.kind is not HookKind.SEGMENT:
        _SIGNED[hook.kind](hook.secret, delivery, now)
        return [_row(one, delivery, hook.kind) for one in _listed(_decoded(delivery))]
    is_known = _is_by_key(hook.secret, _user(delivery))  # before anything is unfolded for whom nobody knows
    try:
        content = _decoded(delivery) if is_known or "authorization" not in delivery.headers else None
    except Undecodable as error:
        if is_known:
            raise
        raise Unsigned(f"the body, in which the write key may be, {error.reason}") from error
    if not is_known and not (isinstance(content, dict) and _is_by_key(hook.secret, content.get("writeKey"))):
        raise Unsigned("the write key is not right, as the user of Basic authentication or as `writeKey`")
    found = content.get("batch") if isinstance(content, dict) and delivery.call == "batch" else content
    implied = {} if delivery.call == "batch" else {"type": delivery.call}
    return [{**_row(one, delivery, hook.kind), **implied} for one in _listed(found)]


def _listed(content: object) -> list[Mapping[str, Any]]:
    """Return the objects of a message: itself, or those of its list."""
    listed: list[Any] = content if isinstance(content, list) else [content]
    if len(listed) > MOST_MESSAGES:
        raise Undecodable(f"holds {len(listed):,} messages; send at most {MOST_MESSAGES:,} at once")
    if not all(isinstance(one, Mapping) for one in listed):
        raise Undecodable("must be a JSON object, or a list of them")
    return listed


def _row(message: Mapping[str, Any], delivery: Delivery, kind: HookKind) -> Row:
    """Return what a message holds; of its headers only one that is signed with it."""
    row = dict(flattened(message))
    return {**row, "webhook-id": delivery.headers["webhook-id"]} if kind is HookKind.SIGNED else row


def _decoded(delivery: Delivery) -> object:
    body = _unfolded(delivery)
    if is_crowded(body, MOST_VALUES):
        raise Undecodable(f"has more than {MOST_VALUES:,} brackets and commas; send fewer messages at once")
    return decode_json(body)


def _unfolded(delivery: Delivery) -> bytes:
    if delivery.headers.get("content-encoding", "identity").strip().lower() != "gzip":
        return delivery.body
    try:
        unfolding = zlib.decompressobj(zlib.MAX_WBITS | 16)
        whole = unfolding.decompress(delivery.body, MOST_UNFOLDED)
    except zlib.error:
        raise Undecodable("is not gzip, as its Content-Encoding says") from None
    if not unfolding.eof:
        raise Undecodable(f"breaks off, or unfolds to more than {MOST_UNFOLDED:,} bytes")
    return whole


def _shopify(secrets: Sequence[str], delivery: Delivery, now: datetime) -> None:
    _compare("x-shopify-hmac-sha256", delivery, secrets)


def _woocommerce(secrets: Sequence[str], delivery: Delivery, now: datetime) -> None:
    # WooCommerce signs with the secret as its page shows it, with &amp; and the like decoded.
    _compare("x-wc-webhook-signature", delivery, [*secrets, *map(html.unescape, secrets)])


def _compare(header: str, delivery: Delivery, secrets: Sequence[str], before: bytes = b"") -> None:
    """Raise Unsigned unless the header holds the signature of the body, with what is signed `before` it."""
    given = delivery.headers.get(header, "")
    if not any([is_same(given, body_signature(secret.encode(), before + delivery.body)) for secret in secrets]):
        raise Unsigned(f"the signature in {header} is not right" if given else f"there is no signature in {header}")


def _standard(secrets: Sequence[str], delivery: Delivery, now: datetime) -> None:
    """Check the signature of Standard Webhooks 1.0."""
    id, at = (delivery.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp"))
    if not id or not re.fullmatch(r"[0-9]{1,12}", at):
        raise Unsigned("there is no webhook-id or webhook-timestamp")
    signed = f"{id}.{at}.".encode() + delivery.body
    right = [f"v1,{body_signature(standard_key(secret), signed)}" for secret in secrets]
    given = delivery.headers.get("webhook-signature", "").split()[:10]
    if not any([is_same(one, other) for one in given for other in right]):
        raise Unsigned("the signature in webhook-signature is not right")
    _expect_new(int(at), now)


def _zendesk(secrets: Sequence[str], delivery: Delivery, now: datetime) -> None:
    at = delivery.headers.get("x-zendesk-webhook-signature-timestamp", "")
    _compare("x-zendesk-webhook-signature", delivery, secrets, at.encode(errors="replace"))
    if (signed := moment(at)) is None:
        raise Unsigned("x-zendesk-webhook-signature-timestamp holds no moment")
    _expect_new(signed.replace(tzinfo=signed.tzinfo or UTC).timestamp(), now)


def _expect_new(at: float, now: datetime) -> None:
    if abs(now.timestamp() - at) > PATIENCE.total_seconds():  # `at` may be beyond the calendar
        raise Unsigned("this message was signed more than five minutes ago, or by a clock that is wrong")


def _user(delivery: Delivery) -> str:
    """Return the user of Basic authentication; "" without one."""
    kind, _, rest = delivery.headers.get("authorization", "").partition(" ")
    try:
        return b64decode(rest, validate=True).decode().partition(":")[0] if kind.lower() == "basic" else ""
    except ValueError:
        return ""


def _is_by_key(secrets: Sequence[str], given: object) -> bool:
    return isinstance(given, str) and any([is_same(given, secret) for secret in secrets])


_SIGNED: Mapping[HookKind, Callable[[Sequence[str], Delivery, datetime], None]] = {
    HookKind.SHOPIFY: _shopify,
    HookKind.WOOCOMMERCE: _woocommerce,
    HookKind.ZENDESK: _zendesk,
    HookKind.SIGNED: _standard,
}
