"""Whom an event is about: who they are and how to reach them."""

from __future__ import annotations

import re
import unicodedata
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from ..responses import clean
from ..responses.clean import Unclean
from .field import Faults, identifier, is_integer, optional, required, shown


@dataclass(frozen=True)
class Customer:
    id: str
    email: str | None = None
    phone: str | None = None
    name: str | None = None
    language: str | None = None
    timezone: str | None = None
    account: str | None = None
    role: str | None = None


def customer(raw: object, faults: Faults) -> Customer | None:
    """Return the customer of an event's data, None when there is none; keys that are not ours are ignored."""
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        faults.note("data.customer", 'is not a JSON object, such as {"id": "c-17"}')
        return None
    id = faults.read("data.customer.id", _identifier, raw.get("id"), "")
    rest = {key: faults.read(f"data.customer.{key}", read, raw.get(key), None) for key, read in _DETAILS.items()}
    return Customer(id, **rest)


def _identifier(value: object) -> str:
    value = int(value) if isinstance(value, float) and value.is_integer() else value  # as JSON knows no difference
    return required(str(value) if is_integer(value) else value)


_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\\\"]+@[^\s@,;:<>()\[\]\\\"]+")


def _code(value: object) -> str | None:
    """Return an address, a number or a name of standard, without marks that do not belong to it."""
    return optional(clean.unmarked(value) if isinstance(value, str) else value)


def _email(value: object) -> str | None:
    address = _code(value)
    # Looked at in its compatibility form as well: a fullwidth ＠ or comma must not become a real one on the way.
    forms = () if address is None else (clean.unmarked(str(value)).strip(), unicodedata.normalize("NFKC", address))
    if all(form.isprintable() and _ADDRESS.fullmatch(form) for form in forms):
        return address
    raise Unclean("is not an e-mail address, such as dana@example.com")


def _phone(value: object) -> str | None:
    plain = _code(value)
    return clean.digits(clean.unshortened(plain)) if plain else None


def _timezone(value: object) -> str | None:
    zone = _code(value)
    if zone is None or zone in _zones():
        return zone
    raise Unclean(f"is {shown(zone)}, which is no known time zone; write one such as Asia/Jerusalem")


@cache
def _zones() -> set[str]:
    return zoneinfo.available_timezones()


_DETAILS: Mapping[str, Callable[[object], str | None]] = {
    "email": _email,
    "phone": _phone,
    "name": optional,
    "language": _code,
    "timezone": _timezone,
    "account": identifier,
    "role": optional,
}
