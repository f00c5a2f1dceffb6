"""The secrets in links: derived, so that a reminder can carry the same; the database knows their hashes only."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from datetime import UTC, datetime

ANSWER, UNSUBSCRIBE, PREVIEW = "answer", "unsubscribe", "preview"
ID_LENGTH = 16


def new_id() -> str:
    """Return a random id of an invitation or a response: 16 characters that fit into an address, almost 96 bits.

    It begins with a letter or a digit, because a spreadsheet takes what begins with a hyphen for a formula.
    """
    while not (id := secrets.token_urlsafe(ID_LENGTH * 6 // 8))[0].isalnum():
        pass
    return id


def answer_token(secret: bytes, id: str) -> str:
    """Return the token of a personal link to an invitation: 128 bits, in 22 characters that fit into an address."""
    return _derived(secret, ANSWER, id)


def unsubscribe_token(secret: bytes, id: str) -> str:
    """Return the token of the link that ends invitations: the invitation's id and its proof."""
    return f"{id}{_derived(secret, UNSUBSCRIBE, id)}"


def unsubscribed_id(secret: bytes, token: str) -> str | None:
    """Return the id of the invitation whose unsubscribe link this is; None for a forged one."""
    id, proof = token[:ID_LENGTH], token[ID_LENGTH:]
    genuine = hmac.compare_digest(proof.encode(errors="replace"), _derived(secret, UNSUBSCRIBE, id).encode())
    return id if genuine else None


def preview_token(secret: bytes, survey: str, until: datetime) -> str:
    """Return the token of a link to look at a survey's form until then, which stores nothing."""
    looked_at = f"{survey}.{int(until.timestamp())}"
    return f"{looked_at}.{_derived(secret, PREVIEW, looked_at)}"


def previewed(secret: bytes, token: str) -> tuple[str, datetime] | None:
    """Return which survey a preview's token shows, and until when; None for a forged one."""
    looked_at, _, proof = token.rpartition(".")
    if not hmac.compare_digest(proof.encode(errors="replace"), _derived(secret, PREVIEW, looked_at).encode()):
        return None
    survey, _, until = looked_at.partition(".")
    return survey, datetime.fromtimestamp(int(until), UTC)


def token_hash(token: str) -> str:
    """Return the SHA-256 by which the database knows a token (it has 128 random bits: no salt is needed)."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _derived(secret: bytes, purpose: str, id: str) -> str:
    digest = hmac.new(secret, f"{purpose}\0{id}".encode(errors="replace"), hashlib.sha256).digest()
    return urlsafe_b64encode(digest[:16]).decode().rstrip("=")
