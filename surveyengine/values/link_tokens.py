"""Tokens of links: derived from a secret, so that a reminder carries the same one; only their hashes are stored."""

from __future__ import annotations

import hashlib
import os
from base64 import urlsafe_b64encode
from datetime import UTC, datetime

from .signing import Purpose, Secrets, is_proven, proof

ID_LENGTH = 16


def new_id() -> str:
    """Return a random id of an invitation or a response: 16 characters that fit into an address, almost 96 bits.

    It begins with a letter or a digit, because a spreadsheet takes what begins with a hyphen for a formula.
    """
    while not (id := urlsafe_b64encode(os.urandom(ID_LENGTH * 6 // 8)).decode())[0].isalnum():
        pass
    return id


def answer_token(secret: bytes, id: str) -> str:
    """Return the token of a personal link to an invitation: 128 bits, in 22 characters that fit into an address."""
    return proof(secret, Purpose.ANSWER, id)


def stored_token(secrets: Secrets, id: str, stored: str | None) -> str | None:
    """Return the token of a personal link that is stored under that hash; None where no kept secret makes it."""
    made = (answer_token(secret, id) for secret in secrets)
    return next((token for token in made if token_hash(token) == stored), None)


def unsubscribe_token(secret: bytes, id: str) -> str:
    """Return the token of the link that ends invitations: the invitation's id and its proof."""
    return f"{id}{proof(secret, Purpose.UNSUBSCRIBE, id)}"


def unsubscribed_id(secrets: Secrets, token: str) -> str | None:
    """Return the id of the invitation whose unsubscribe link this is; None for a forged one."""
    id, given = token[:ID_LENGTH], token[ID_LENGTH:]
    return id if is_proven(given, secrets, Purpose.UNSUBSCRIBE, id) else None


def preview_token(secret: bytes, survey: str, until: datetime) -> str:
    """Return the token of a link that shows a survey's form until then and stores nothing."""
    looked_at = f"{survey}.{int(until.timestamp())}"
    return f"{looked_at}.{proof(secret, Purpose.PREVIEW, looked_at)}"


def previewed(secrets: Secrets, token: str) -> tuple[str, datetime] | None:
    """Return the survey that a preview's token shows, and until when; None for a forged token."""
    looked_at, _, given = token.rpartition(".")
    if not is_proven(given, secrets, Purpose.PREVIEW, looked_at):
        return None
    survey, _, until = looked_at.partition(".")
    return survey, datetime.fromtimestamp(int(until), UTC)


def token_hash(token: str) -> str:
    """Return the SHA-256 under which a token is stored; one of 128 random bits or more needs no salt."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
