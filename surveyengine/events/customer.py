"""The customer of an event: who they are, and how to reach them."""

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
from ..values.enumeration import CUSTOMER_DETAILS
from ..values.label import label
from .alias import detail, unread
from .fields import Faults, about, is_integer, optional, shown


@dataclass(frozen=True)
class Customer:
    """A customer as an event describes them; the id is "" until it is made from the address."""

    id: str
    email: str | None = None
    phone: str | None = None
    name: str | None = None
    language: str | None = None
    timezone: str | None = None
    account: str | None = None
    role: str | None = None


def customer(raw: object, faults: Faults) -> Customer | None:
    """Return the customer in an event's data; None without one. Unknown keys are ignored.

    An unusable detail is left out; an unusable id, or hidden marks in the account, are faults of the event.
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


def details(said: Mapping[str, str], faults: Faults) -> dict[str, str | None]:
    """Return details of a customer, each as an event's would be kept, None for an empty one; one that cannot be kept
    is a fault.
    """
    readers = {**_DETAILS, "account": optional}
    return {name: faults.read(name, readers[name], value or None, None) for name, value in said.items()}


def strangers(raw: object) -> list[str]:
    """Return the unknown names in a raw customer, such as "customer.mail"."""
    return [*unread(raw, DETAILS, "customer.")] if isinstance(raw, Mapping) else []


def _meant(raw: Mapping[object, object]) -> str:
    """Return a hint with the name that may mean the id or the e-mail address; "" without one."""
    almost = (name for name in strangers(raw) if detail(name) in ("id", "email"))
    return next((f"did you mean `{name}` to be `customer.{detail(name)}`?" for name in almost), "")


def identified(whom: Customer | None, hasher: AddressHasher) -> Customer | None:
    """Return the customer with an id: the given one, or one that is made from the e-mail address."""
    return replace(whom, id=hasher.guest(whom.email)) if whom and not whom.id and whom.email else whom


def _is_guest(id: object) -> bool:
    return id is None or isinstance(id, str) and not id.strip()


def _identifier(value: object) -> str:
    value = int(value) if isinstance(value, float) and value.is_integer() else value  # JSON does not tell 17 from 17.0
    if _is_guest(value):
        how = "is missing" if value is None else "is empty"
        raise Unclean(f"{how}, and there is no usable e-mail address, such as dana@example.com, to make one from")
    return label(str(value) if is_integer(value) else value)


_ADDRESS = re.compile(r'("(?:[^"\\]|\\.)*"|[^\s@,;:<>()\[\]\\"]+)@[^\s@,;:<>()\[\]\\"]+')


def _code(value: object) -> str | None:
    """Return an address, a phone number or a code, without invisible marks."""
    return optional(clean.unmarked(value) if isinstance(value, str) else value)


def _email(value: object) -> str | None:
    address = _code(value)
    if address and len(address) > width.EMAIL:
        raise Unclean(f"is longer than {width.EMAIL} characters")
    # Checked in its compatibility form as well: a fullwidth ＠ or comma must not become a real one on the way.
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
DETAILS = CUSTOMER_DETAILS
