"""Leftovers in texts, such as notes of a draft and other programs' placeholders: customers would read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from .fault import Level


class Leftover(NamedTuple):
    """What is wrong with a sentence, and what would be right."""

    message: str
    hint: str
    level: Level


OWN = {
    "name": "name first_name firstname fname full_name fullname last_name lname user_name customer_name customer"
    " contact",
    "business": "business company company_name shop shop_name store store_name brand",
    "language": "language locale lang",
    "order": "order_id order_no order_number order_name ordernumber orderid",
}
MEANT = {other: ours for ours, others in OWN.items() for other in others.split() if other != ours}

# Each leads to the name that stands between the signs.
_FOREIGN = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        r"\*\|(?P<name>[^|*]*)\|\*",  # Mailchimp
        r"%%(?P<name>\w[\w ]*)%%",
        r"\[%(?P<name>\w[\w ]*)%\]",
        r"(?<![\w%])%(?P<name>[A-Za-z_][\w.]*)%(?!\w)",
        r"%\((?P<name>\w+)\)[sd]",
        r"<%=?(?P<name>[^<>%]*)%>",
        r"<<\s*(?P<name>\w[\w ]*?)\s*>>",
        r"\[\[\s*(?P<name>\w[\w ]*?)\s*\]\]",
        r"##(?P<name>\w+)##",
        r"(?i:«\s*(?P<name>(?:first|last|full|customer)[ _]?name)\s*»)",  # Word; what else stands so, may be a quote
        r"(?i:\$\{(?P<name>(?:first_?|last_?|full_?|customer_?)?name)\})",  # but ${total} is an amount
        r"(?i:\[(?P<name>(?:first|last|full|customer|company|shop|order)?[ _]?(?:name|number|id))\])",
    )
)
_DOUBLE = re.compile(r"\{[{%]+(?P<name>[^{}|]*)(?:\|[^{}]*)?[%}]+\}")  # Mustache, Liquid, Handlebars
_BRACES = re.compile(r"\{(?P<name>[^{}|]*)(?:\|(?P<fallback>[^{}]*))?\}")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LAST_MARK = 0x218F  # what comes later are arrows, symbols and emoji, which can be an answer
_TAG = re.compile(
    r"</?(?:a|b|i|u|s|p|br|hr|em|strong|small|big|mark|sub|sup|span|div|font|center|h[1-6]|ul|ol|li|img|table|tr|td|th"
    r"|tbody|thead|blockquote|code|pre|script|style|button|input|iframe)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:nbsp|amp|lt|gt|quot|apos|rlm|lrm|zwnj|mdash|ndash|hellip|#\d{2,6}|#x[0-9a-f]{2,6});", re.I)
_MARKDOWN = re.compile(
    r"\*\*[^*\s][^*]*\*\*|__[^_\s][^_]*__|\[[^\[\]]+\]\((?:https?://|mailto:|/)[^()\s]*\)|^#{1,6} ", re.MULTILINE
)
_UNDONE = re.compile(
    r"\b(?:TODO|TBD|TBC|TBA|FIXME|XXX|TKTK)\b|(?i:\blorem ipsum\b|\bדולור סיט\b|لورم ایپسوم)"
    r"|(?i:\[(?:to ?do|tbd|translat\w*|text|your [^\[\]]*|insert [^\[\]]*|placeholder)\])"
)
_WHOLE = re.compile(
    r"(?:todo|to do|tbd|tbc|fixme|x{2,}|asdf\w*|qwerty|bla(?:h|bla)*(?: bla(?:h|bla)*)*"
    r"|your (?:text|question)(?: here)?|text here|translate(?: me| this)?|translation missing|untitled|new question"
    r"|question text"
    r"|להשלים|לתרגם|כאן יבוא טקסט|ترجمه شود|تکمیل شود)[.!…: ]*",
    re.IGNORECASE,
)


def leftovers(sentence: str) -> Iterator[Leftover]:
    """Yield the leftovers in a sentence, each kind once."""
    if found := next((found for pattern in _FOREIGN if (found := pattern.search(sentence))), None):
        message = f"has `{found[0]}`, a placeholder as other programs write it, so customers would read just that"
        yield Leftover(message, f"write {_ours(found['name'])}", "error")
    yield from _markup(sentence)
    if undone := _UNDONE.search(sentence) or _WHOLE.fullmatch(sentence.strip()):
        message = f"is not written yet: `{undone[0].strip()}` stands in it"
        yield Leftover(message, "write what customers shall read", "warning")
    elif sentence.strip() and not any(char.isalnum() or ord(char) > _LAST_MARK for char in sentence):
        yield Leftover(f"says nothing but `{sentence.strip()}`", "write what customers shall read", "warning")


def braces(sentence: str) -> tuple[str, str] | None:
    """Return what is wrong with the braces of a sentence that belong to no placeholder; None where all do."""
    if found := _DOUBLE.search(sentence):
        return f"has `{found[0]}`, a placeholder as other programs write it", f"write {_ours(found['name'])}"
    for found in _BRACES.finditer(sentence):
        if not _NAME.fullmatch(found["name"]):
            message = f"has `{found[0]}`, but the name of a placeholder is made of small letters a-z, digits and _"
            return message, f"write {_ours(found['name'], found['fallback'])}"
    if brace := next((char for char in _BRACES.sub("", sentence) if char in "{}"), ""):
        hint = "a placeholder is written {name} or {name|fallback}, and no other brace can stand in a text"
        return f"has a `{brace}` that belongs to no placeholder", hint
    return None


def _ours(name: str, fallback: str | None = None) -> str:
    """Return the placeholder that is probably meant, in our spelling."""
    last = re.split(r"[.:|]", name.strip())[-1] or name
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", last)
    plain = re.sub(r"[^a-z0-9_]+", "_", parted.lower()).strip("_0123456789")
    meant = MEANT.get(plain, plain)
    return "{name} or {name|fallback}" if not meant else f"{{{meant}|{fallback}}}" if fallback else f"{{{meant}}}"


def _markup(sentence: str) -> Iterator[Leftover]:
    hint = "delete it; the pages and mails are designed without it"
    if found := _TAG.search(sentence) or _ENTITY.search(sentence):
        yield Leftover(f"has `{found[0]}`, which is HTML, and customers would read just that", hint, "warning")
    elif found := _MARKDOWN.search(sentence):
        message = f"has `{found[0].strip()}`, which is Markdown, and customers would read its signs too"
        yield Leftover(message, hint, "warning")
