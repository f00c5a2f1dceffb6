"""Whom an event is about: who they are and how to reach them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ..i18n import language, timezone
from ..store import width
from ..values import clean
from ..values.address_hash import AddressHasher
from ..values.clean import Unclean
from ..values.email_address import is_address
from ..values.label import label
from .alias import detail, unread
from .fields import Faults, about, is_integer, optional, shown


@dataclass(frozen=True)
class Customer:
    """A customer as an event tells of them; the id is "" until it is made from the address."""

    id: str
    email: str | None = None
    phone: str | None = None
    name: str | None = None
    language: str | None = None
    timezone: str | None = None
    account: str | None = None
    role: str | None = None


def customer(raw: object, faults: Faults) -> Customer | None:
    """Return the customer of an event's data, None when there is none; keys that are not ours are ignored.

    A detail that cannot be used is left out, but for the id, and an account in which marks hide.
    """
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        faults.note("data.customer", 'must be a JSON object, such as {"id": "c-17"}')
        return None
    rest = {key: faults.spare(f"data.customer.{key}", read, raw.get(key), None) for key, read in _DETAILS.items()}
    account = faults.read("data.customer.account", about, raw.get("account"), None)
    rest |= {"account": faults.spare("data.customer.account", optional, account, None)}
    faults.recognised("customer.account", account, rest["account"])
    if _is_guest(raw.get("id")) and is_address(rest["email"] or ""):
        return Customer("", **rest)
    try:
        id = _identifier(raw.get("id"))
        faults.recognised("customer.id", raw.get("id"), id)
        return Customer(id, **rest)
    except Unclean as error:
        faults.note("data.customer.id", "; ".join(filter(None, (error.reason, _meant(raw)))))
        return None


def strangers(raw: object) -> list[str]:
    """Return the names in a raw customer that nobody reads, as in `data`."""
    return [*unread(raw, DETAILS, "customer.")] if isinstance(raw, Mapping) else []


def _meant(raw: Mapping[object, object]) -> str:
    """Return which name may be meant to be the id, or the address that one is made from; "" where none is."""
    almost = (name for name in strangers(raw) if detail(name) in ("id", "email"))
    return next((f"did you mean `{name}` to be `customer.{detail(name)}`?" for name in almost), "")


def identified(whom: Customer | None, hasher: AddressHasher) -> Customer | None:
    """Return the customer with an id: the given one, or one that is always the same for the same address."""
    return replace(whom, id=hasher.guest(whom.email)) if whom and not whom.id and whom.email else whom


def _is_guest(id: object) -> bool:
    return id is None or isinstance(id, str) and not id.strip()


def _identifier(value: object) -> str:
    value = int(value) if isinstance(value, float) and value.is_integer() else value  # as JSON knows no difference
    if _is_guest(value):
        how = "is missing" if value is None else "is empty"
        raise Unclean(f"{how}, and there is no usable e-mail address, such as dana@example.com, to make one from")
    return label(str(value) if is_integer(value) else value)


_ADDRESS = re.compile(r'("(?:[^"\\]|\\.)*"|[^\s@,;:<>()\[\]\\"]+)@[^\s@,;:<>()\[\]\\"]+')


def _code(value: object) -> str | None:
    """Return an address, a number or a name of standard, without marks that do not belong to it."""
    return optional(clean.unmarked(value) if isinstance(value, str) else value)


def _email(value: object) -> str | None:
    address = _code(value)
    if address and len(address) > width.EMAIL:
        raise Unclean(f"is longer than {width.EMAIL} characters")
    # Looked at in its compatibility form as well: a fullwidth ＠ or comma must not become a real one on the way.
    forms = () if address is None else (clean.unmarked(str(value)).strip(), unicodedata.normalize("NFKC", address))
    if all(form.isprintable() and _ADDRESS.fullmatch(form) for form in forms):
        return address
    raise Unclean("must be an e-mail address, such as dana@example.com")


def _phone(value: object) -> str | None:
    plain = _code(value)
    if plain and len(plain) > width.PHONE:
        raise Unclean(f"is longer than {width.PHONE} characters")
    return clean.digits(clean.unshortened(plain)) if plain else None


def _language(value: object) -> str | None:
    plain = _code(value)
    found = language.understood(plain) if plain else None
    if plain and (found is None or len(found) > width.LANGUAGE):
        raise Unclean(f"must be a language, such as he or Hebrew; {shown(plain)} is not known")
    return found


def _timezone(value: object) -> str | None:
    plain = _code(value)
    found = timezone.known(plain) if plain else None
    if plain and (found is None or len(found) > width.TIMEZONE):
        raise Unclean(f"must be a time zone, such as Asia/Jerusalem or +02:00; {shown(plain)} is not known")
    return found


_DETAILS: Mapping[str, Callable[[object], str | None]] = {
    "email": _email,
    "phone": _phone,
    "name": optional,
    "language": _language,
    "timezone": _timezone,
    "role": optional,
}
DETAILS = ("id", *_DETAILS, "account")
