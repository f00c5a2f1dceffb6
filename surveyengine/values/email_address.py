"""E-mail addresses: which can be written to, and which spellings are one address."""

from __future__ import annotations

import re
import unicodedata

import idna

LONGEST = 254
LONGEST_LOCAL = 64

_DOT_ATOM = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


def is_address(text: str) -> bool:
    """Whether mail can be sent to `text`: a plain ASCII local part at a full, possibly international, domain."""
    try:
        ascii_address(text)
    except ValueError:
        return False
    return True


def ascii_address(text: str) -> str:
    """Return the address as SMTP takes it: no needless quotes, the domain in lower-case ASCII without a final dot.

    Raises ValueError when it is not one deliverable address. Quoted and non-ASCII local parts are refused: too few
    servers take them (RFC 6531), and a refusal before planning is better than a bounce after.
    """
    quoted, _, domain = text.rpartition("@")
    local = _unquoted(quoted) if len(text) <= LONGEST else ""
    if len(local) > LONGEST_LOCAL or not _DOT_ATOM.fullmatch(local):
        raise ValueError("must be an e-mail address, such as dana@example.com")
    address = f"{local}@{_ascii_domain(domain.removesuffix('.'))}"
    if len(address) > LONGEST:
        raise ValueError("the e-mail address is too long; 254 characters are the most")
    return address


def normal(text: str) -> str:
    """Return the normal form: two texts are spellings of one address exactly where it is the same.

    The local part is case-folded and in NFC, without needless quotes; the domain is in lower case and ASCII (IDNA 2008,
    RFC 5891), without its final dot. Dots and +tags stay: what they mean is the receiver's secret. A text that is no
    address has a normal form too.
    """
    local, _, domain = text.strip().rpartition("@")
    try:
        encoded = _encoded(_mapped(domain.removesuffix(".")))
    except (idna.IDNAError, UnicodeError):
        encoded = _folded(domain)
    return f"{_unquoted(_folded(local))}@{encoded}"


def _unquoted(local: str) -> str:
    """Return the local part without quotes and backslashes that say nothing (RFC 5321, 4.1.2)."""
    quoted = _QUOTED.fullmatch(local)
    if quoted is None:
        return local
    meant = re.sub(r"\\(.)", r"\1", quoted[1], flags=re.DOTALL)
    if _DOT_ATOM.fullmatch(meant):
        return meant
    return '"' + re.sub(r'(["\\])', r"\\\1", meant) + '"'


def _folded(text: str) -> str:
    """Return the text for a comparison without case (Unicode, 3.13, D145), in NFC."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def _ascii_domain(domain: str) -> str:
    """Return the domain in ASCII; raises ValueError where it is none, or where mapping changes more than its case."""
    try:
        mapped = _mapped(domain)
        # What UTS 46 makes of fullwidth letters or ligatures is another's name: only exact ones are ours to mail.
        exact = mapped == unicodedata.normalize("NFC", "".join(letter.lower() for letter in domain))
        labels = _encoded(mapped).split(".") if exact else []
    except (idna.IDNAError, UnicodeError):
        labels = []
    if len(labels) < 2 or labels[-1].isdigit() or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError("the e-mail address has no usable domain; one like dana@example.com would be right")
    return ".".join(labels)


def _mapped(domain: str) -> str:
    """Return the domain in lower case as UTS 46 maps it; ß and the joiners stay what they are."""
    return domain.lower() if domain.isascii() else idna.uts46_remap(domain, std3_rules=True)


def _encoded(domain: str) -> str:
    # What is ASCII already is a name as it stands in the DNS, also where IDNA 2008 would not make it any more.
    return domain if domain.isascii() else idna.encode(domain, strict=True).decode("ascii")
