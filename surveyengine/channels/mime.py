"""One e-mail, as a value and as a MIME message."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from email.header import Header as EncodedWords
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from ..definitions.survey import LONGEST_SENDER
from ..values import bidi
from ..values.email_address import ascii_address

WIRE = SMTP.clone(max_line_length=998)
ONE_LINE = 60
LOGO = "logo@invitation"  # the name of the picture inside a mail, whose HTML calls it cid:…

FOLLOWING = ("In-Reply-To", "References")  # RFC 5322, 3.6.4

_SENDER = re.compile(r'(?:"(?P<quoted>(?:[^"\\]|\\.)*)"\s*+|(?P<name>[^<>,;@]*+))<(?P<address>[^<>\s]+)>|(?P<bare>\S+)')
_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LANGUAGE = re.compile(r"[A-Za-z0-9]{1,8}(-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True)
class Picture:
    """A picture inside a mail, so that nothing is loaded from elsewhere; `type` is the subtype of image/…."""

    content: bytes = field(repr=False)
    type: str


@dataclass(frozen=True)
class Mail:
    """One e-mail to one person; `key` is the same for every attempt at the same mail."""

    to: str
    to_name: str
    from_: str
    subject: str
    text: str
    html: str
    language: str
    unsubscribe_url: str | None
    key: str
    logo: Picture | None = None
    after: str | None = None  # the key of the mail that it follows, with which mail programs show it


class _Header(str):
    """A header's text with a wire form of our own, because the folding of Python's email package can be exploited."""

    name: str
    wire: str

    def __new__(cls, text: str, name: str = "", wire: str = "") -> _Header:
        header = super().__new__(cls, text)
        header.name, header.wire = name, wire or text
        return header

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self.wire}{policy.linesep}"


def message(mail: Mail, now: datetime, seven_bit: bool = False) -> EmailMessage:
    """Return the MIME message of a mail; raises ValueError for an address that cannot be used.

    The same arguments give the same message. Its body is UTF-8, or with `seven_bit` ASCII for servers without 8BITMIME.
    """
    name, address = sender(mail.from_)
    digest, domain = _digest(mail.key), address.rpartition("@")[2]
    built = EmailMessage(policy=WIRE.clone(cte_type="7bit" if seven_bit else "8bit"))
    for header in (
        _mailbox("From", name, address),
        _mailbox("To", mail.to_name, ascii_address(mail.to)),
        _subject(mail.subject),
        _Header(format_datetime(now), "Date"),
        _Header(f"<{digest}@{domain}>", "Message-ID"),
        *(_Header(f"<{_digest(mail.after)}@{domain}>", name) for name in FOLLOWING if mail.after),
        _Header("auto-generated", "Auto-Submitted"),
        *_unsubscribe(mail.unsubscribe_url),
    ):
        built[header.name] = header
    _fill(built, mail, boundary=f"=_{digest}")
    return built


def _digest(key: str) -> str:
    return sha256(key.encode("utf-8", "replace")).hexdigest()[:32]


def as_bytes(message: EmailMessage) -> bytes:
    """Return the message as it is stored and sent, with CRLF line ends."""
    return message.as_bytes()


def header_text(text: str) -> str:
    """Return the text as one line for a header, without control characters, direction overrides and encoded words."""
    visible = (" " if unicodedata.category(c) in {"Cc", "Cs"} else c for c in bidi.without(text, bidi.OVERRIDES))
    return " ".join("".join(visible).split()).replace("=?", "= ?")


def body_text(text: str) -> str:
    """Return the text for the body of a mail: line ends are LF, and tabs are the only other control characters."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def is_sender(text: str) -> bool:
    """Whether the text is one sender, such as `hello@example.com` or `Nava Home <hello@example.com>`."""
    try:
        sender(text)
    except ValueError:
        return False
    return True


def sender(text: str) -> tuple[str, str]:
    """Return the name ("" without one) and the ASCII address of a sender; raises ValueError for any other text."""
    found = _SENDER.fullmatch(text)
    if found is None or any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in text):
        raise ValueError("not a sender; one like Nava Home <hello@example.com> would be right")
    quoted = re.sub(r"\\(.)", r"\1", found["quoted"] or "")
    return _name(quoted or found["name"] or ""), ascii_address(found["address"] or found["bare"])


def named(text: str, name: str, anew: bool = False) -> str:
    """Return the sender with that name, unless it has one and gets none `anew`.

    Raises ValueError for a text that is not one sender.
    """
    own, address = sender(text)
    quoted = re.sub(r'(["\\])', r"\\\1", _name(name))
    return text if own and not anew or not quoted else f'"{quoted}" <{address}>'


def _name(text: str) -> str:
    return header_text(bidi.without(text, bidi.ISOLATES))[:LONGEST_SENDER].strip()


def _mailbox(header: str, name: str, address: str) -> _Header:
    name = _name(name)
    if not name:
        return _Header(address, header)
    if not name.isascii():
        phrase = _encoded(header, name) + "\r\n"
    elif _PHRASE.fullmatch(name):
        phrase = name
    else:
        phrase = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    return _Header(f"{name} <{address}>", header, f"{phrase} <{address}>")


def _subject(text: str) -> _Header:
    line = header_text(text)
    return _Header(line, "Subject", line if line.isascii() and len(line) <= ONE_LINE else _encoded("Subject", line))


def _encoded(header: str, text: str) -> str:
    return EncodedWords(text, "utf-8", header_name=header).encode(linesep="\r\n")


def _unsubscribe(url: str | None) -> list[_Header]:
    """Return the headers of one-click unsubscription (RFC 8058); the URL stays on one line, whatever its length."""
    if not url:
        return []
    safe = quote(url, safe="%:/?#[]@!$&'()*+,;=~", errors="replace")
    headers = [_Header(f"<{safe}>", "List-Unsubscribe")]
    if safe.lower().startswith(("https://", "http://")):
        headers.append(_Header("List-Unsubscribe=One-Click", "List-Unsubscribe-Post"))
    return headers


def _fill(built: EmailMessage, mail: Mail, boundary: str) -> None:
    built.set_content(body_text(mail.text))
    built.make_alternative(boundary=boundary)
    built.add_alternative(body_text(mail.html), subtype="html")
    if mail.logo:
        _enclose(built.get_payload(1), mail.logo, f"{boundary}_")
    if _LANGUAGE.fullmatch(mail.language):
        built["Content-Language"] = mail.language


def _enclose(html: Any, picture: Picture, boundary: str) -> None:
    """Put the picture beside the HTML that shows it."""
    html.make_related(boundary=boundary)
    name = f"logo.{picture.type}"
    html.add_related(picture.content, "image", picture.type, cid=f"<{LOGO}>", disposition="inline", filename=name)
