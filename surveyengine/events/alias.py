"""Other names under which senders write what an event says of its customer, and of itself."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache

ALMOST = 0.8  # how alike two names are, of which one is misspelled
SHORTEST = 4  # letters of a name that may be misspelled rather than another one
LONGEST = 64  # characters of a name that is looked at and told

WHOM = (
    "customer", "costumer", "client", "user", "buyer", "shopper", "recipient", "contact", "guest", "member",
    "לקוח", "مشتری",
)  # fmt: skip
# In small letters, without what parts the words. Those after the bar are told from the names of other things only
# beside a word for a customer: `customer_id`, but not `id`.
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
    """Return which attribute of an event a folded name is almost."""
    return _ATTRIBUTE.get(plain)


def attribute(name: str, among: Iterable[object]) -> str:
    """Return a hint for a missing attribute: which of these names may be it; "" where none may."""
    found = (one for one in among if isinstance(one, str) and _ATTRIBUTE.get(folded(one)) == name)
    return next((f"did you mean `{one}` to be the `{name}`?" for one in found if one != name), "")


@lru_cache(10_000)
def detail(name: str) -> str | None:
    """Return which detail of the customer a name is almost: `customer_email` and `emailAddress` are `email`."""
    plain = folded(name)
    if plain in _ALONE:
        return _ALONE[plain]
    rest = _without_whom(name)
    if rest is None:
        return None
    near = difflib.get_close_matches(rest, _BESIDE, 1, ALMOST) if len(rest) >= SHORTEST else []
    return _BESIDE.get(rest) or (_BESIDE[near[0]] if near else None)


def _without_whom(name: str) -> str | None:
    """Return what follows a word for a customer, without what parts the words; None where there is no such word."""
    first, _, rest = re.sub(r"[\W_]+", " ", name[:LONGEST]).strip().casefold().partition(" ")
    if rest and difflib.get_close_matches(first, WHOM, 1, 0.87):
        return folded(rest)
    plain = folded(name)
    return next((plain.removeprefix(one) for one in WHOM if plain.startswith(one) and plain != one), None)


def folded(name: str) -> str:
    """Return a name in small letters without what parts its words: `e-mail`, `eMail` and `E Mail` are `email`."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name[:LONGEST]).casefold())


def is_whom(name: str, has_details: bool) -> bool:
    """Whether a name is almost `customer`; where details stand under it, also whether it is another word for that."""
    plain = folded(name)
    return has_details and plain in WHOM or bool(difflib.get_close_matches(plain, WHOM[:2], 1, 0.87))


def unread(names: Iterable[object], read: Collection[str], before: str = "") -> Iterator[str]:
    """Yield the texts among these names that are not read, each with what stands before it."""
    yield from (f"{before}{name[:LONGEST]}" for name in names if isinstance(name, str) and name not in read)
