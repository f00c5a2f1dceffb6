"""Other names that senders use for the attributes of an event and the details of its customer."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache

ALMOST = 0.8  # how alike (0 to 1) a misspelled name is to the right one
SHORTEST = 4  # letters; a shorter name is taken for another name, not for a misspelled one
LONGEST = 64  # characters of a name that are compared and shown

WHOM = (
    "customer", "costumer", "client", "user", "buyer", "shopper", "recipient", "contact", "guest", "member",
    "לקוח", "مشتری",
)  # fmt: skip
# Folded: in small letters, without separators. Those after the bar count only beside a word for a customer, because
# alone they name other things, too: `customer_id`, but not `id`.
DETAILS = {
    "email": "email mail emailaddress mailaddress emailid אימייל מייל דואל ایمیل |",
    "phone": "phone phonenumber telephone telephonenumber mobile mobilephone mobilenumber cellphone msisdn טלפון נייד"
             " تلفن موبایل | tel cell",
    "language": "language lang locale languagecode preferredlanguage שפה زبان |",
    "timezone": "timezone tz timezoneid timezonename tzname | zone",
    "name": "fullname firstname givenname | name displayname",
    "id": "| id identifier number uid uuid no nr ref",
    "account": "| account accountid accountnumber company companyid",
    "role": "| role",
}  # fmt: skip
ATTRIBUTES = {
    "type": "type eventtype event eventname",
    "id": "id eventid messageid eventkey",
    "source": "source eventsource sourcesystem origin",
    "time": "time timestamp datetime eventtime eventdate occurredat occurredon happenedat createdat createdon date",
    "test": "test istest testevent testmode",
}
_ALONE = {word: name for name, words in DETAILS.items() for word in words.partition("|")[0].split()}
_BESIDE = {word: name for name, words in DETAILS.items() for word in words.replace("|", " ").split()}
_ATTRIBUTE = {word: name for name, words in ATTRIBUTES.items() for word in words.split()}


def attribute_of(plain: str) -> str | None:
    """Return the attribute of an event that a folded name may mean; None for any other name."""
    return _ATTRIBUTE.get(plain)


def attribute(name: str, among: Iterable[object]) -> str:
    """Return a hint for a missing attribute, with the given name that may mean it; "" without one."""
    found = (one for one in among if isinstance(one, str) and _ATTRIBUTE.get(folded(one)) == name)
    return next((f"did you mean `{one}` to be the `{name}`?" for one in found if one != name), "")


@lru_cache(10_000)
def detail(name: str) -> str | None:
    """Return the detail of the customer that a name may mean, such as `email` for `emailAddress`; None for others."""
    plain = folded(name)
    if plain in _ALONE:
        return _ALONE[plain]
    rest = _without_whom(name)
    if rest is None:
        return None
    near = difflib.get_close_matches(rest, _BESIDE, 1, ALMOST) if len(rest) >= SHORTEST else []
    return _BESIDE.get(rest) or (_BESIDE[near[0]] if near else None)


def _without_whom(name: str) -> str | None:
    """Return the folded rest of a name after a word for a customer; None without such a word."""
    first, _, rest = re.sub(r"[\W_]+", " ", name[:LONGEST]).strip().casefold().partition(" ")
    if rest and difflib.get_close_matches(first, WHOM, 1, 0.87):
        return folded(rest)
    plain = folded(name)
    return next((plain.removeprefix(one) for one in WHOM if plain.startswith(one) and plain != one), None)


def folded(name: str) -> str:
    """Return a name in small letters without separators: `e-mail`, `eMail` and `E Mail` are `email`."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name[:LONGEST]).casefold())


def is_whom(name: str, has_details: bool) -> bool:
    """Whether a name is almost `customer`; where it has details, any word for a customer counts."""
    plain = folded(name)
    return has_details and plain in WHOM or bool(difflib.get_close_matches(plain, WHOM[:2], 1, 0.87))


def unread(names: Iterable[object], read: Collection[str], before: str = "") -> Iterator[str]:
    """Yield those of the names that are not read, each after the prefix `before`."""
    yield from (f"{before}{name[:LONGEST]}" for name in names if isinstance(name, str) and name not in read)
