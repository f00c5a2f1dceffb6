"""Signatures: each use has a purpose of its own, so that none can serve for another."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode, urlsafe_b64encode
from enum import StrEnum

Secrets = tuple[bytes, ...]  # the first signs, and what any of them signed is believed


class Purpose(StrEnum):
    """The purpose of a proof or keyed hash; its word is part of what is signed and never changes."""

    ANSWER = "answer"
    UNSUBSCRIBE = "unsubscribe"
    PREVIEW = "preview"
    CONTEXT = "context"
    FORM = "form"
    ADDRESS = "address"
    GUEST = "guest"
    CUSTOMER = "customer"
    NETWORK = "network"
    STAFF_FORM = "staff-form"
    SIGN_IN = "sign-in"


def keyed_hash(key: bytes, purpose: Purpose, text: str) -> str:
    """Return the HMAC-SHA-256 (RFC 2104) of the text: 64 hexadecimal digits, which tell nothing without the key."""
    return _mac(key, purpose, text).hex()


def proof(key: bytes, purpose: Purpose, text: str) -> str:
    """Return the signature of the text by the key: 128 bits, in 22 characters that fit into an address."""
    return urlsafe_b64encode(_mac(key, purpose, text)[:16]).decode().rstrip("=")


def is_proven(given: str, secrets: Secrets, purpose: Purpose, text: str) -> bool:
    """Whether a proof from outside is one of the text by any of the secrets."""
    return any(is_same(given, proof(secret, purpose, text)) for secret in secrets)


def is_same(given: str, genuine: str) -> bool:
    """Whether a proof from outside equals the genuine one, compared in constant time."""
    return hmac.compare_digest(given.encode(errors="replace"), genuine.encode())


def body_signature(key: bytes, body: bytes) -> str:
    """Return the signature of a message as webhooks carry it: HMAC-SHA-256 (RFC 2104) in base64."""
    return b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()


def standard_key(secret: str) -> bytes:
    """Return the key in a secret of Standard Webhooks 1.0 (whsec_ and base64); b"" where there is none."""
    try:
        return b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        return b""


def derived_key(secret: bytes, purpose: Purpose) -> bytes:
    """Return a key for `fast_proof`, of 256 bits."""
    return hashlib.sha256(f"{purpose}\0".encode() + secret).digest()


def fast_proof(key: bytes, text: str) -> str:
    """Return the signature of 64 hexadecimal digits that is cheap enough for each request.

    It is keyed BLAKE2 (RFC 7693, 2.9), which takes a fraction of the time of an HMAC.
    """
    return hashlib.blake2b(text.encode(errors="replace"), key=key, digest_size=32).hexdigest()


def _mac(key: bytes, purpose: Purpose, text: str) -> bytes:
    return hmac.digest(key, f"{purpose}\0{text}".encode(errors="replace"), hashlib.sha256)
