"""Signing: what is out stays valid, and a proof serves one purpose only."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.responses.ticket import FormToken, FormTokens
from surveyengine.values import context
from surveyengine.values.address_hash import AddressHasher
from surveyengine.values.link_tokens import answer_token, preview_token, unsubscribe_token
from surveyengine.values.signing import Purpose, derived_key, fast_proof, is_same, keyed_hash, proof

SECRET = b"secret"
ID = "i" * 16
MOMENT = datetime.fromtimestamp(1_800_000_000, UTC)
HASHER = AddressHasher(b"key", (SECRET,))
OUT = {    # what earlier versions wrote into mails, pages and databases
    "answer": (answer_token(SECRET, ID), "1x4atQngUa9vpnl0DObiMw"),
    "unsubscribe": (unsubscribe_token(SECRET, ID), f"{ID}k7EBiaoXRCTJ2LrFweTz2A"),
    "preview": (preview_token(SECRET, "delivery", MOMENT), "delivery.1800000000.gR0ZkLeTLgd7KHEAJ0gtsw"),
    "context": (
        context.signature(SECRET, "delivery", (("shop", "Haifa"), ("order", "A-1"))),
        "order.shop.6u-O67C5eQ0tk5qlvvFVMA",
    ),
    "form": (
        FormTokens(SECRET).sign(FormToken("sub", "delivery", "d" * 8, "", MOMENT)),
        "WyJzdWIiLCJkZWxpdmVyeSIsImRkZGRkZGRkIiwiIiwxODAwMDAwMDAwLjAsW11d."
        "3c32d47716622cb2a2f1e5f3e78848c4a6c8bb399c135d1fdc3fdaa4e4747096",
    ),
    "address": (
        HASHER.hash("Ada@Shop.example"), "b3d11299b8498fc5b17232f89f04ca5df292ea350f1c606e290367f631f386b4"
    ),
    "opt-out": (
        HASHER.former("Ada@Shop.example")[0], "ea6b5949e20665b7051b725d72e758438cacfe189b8639b33c914e786bb1baa4"
    ),
    "guest": (HASHER.guest("ada@shop.example"), "guest-9409969dbb210f209f8931894b319b7f"),
}


@pytest.mark.parametrize("what", OUT)
def test_what_is_out_stays_valid(what: str) -> None:
    made, out = OUT[what]
    assert made == out


def test_the_keyed_hash_is_an_hmac() -> None:
    assert keyed_hash(b"k", Purpose.ADDRESS, "x") == hmac.new(b"k", b"address\0x", hashlib.sha256).hexdigest()


@given(st.binary(), st.text())
def test_a_proof_serves_one_purpose_and_one_key(secret: bytes, text: str) -> None:
    proofs = {proof(secret, purpose, text) for purpose in Purpose}
    assert len(proofs) == len(Purpose)
    assert proof(secret + b"x", Purpose.ANSWER, text) not in proofs
    assert len({fast_proof(derived_key(secret, purpose), text) for purpose in Purpose}) == len(Purpose)


@given(st.text())
def test_only_the_genuine_proof_is_the_same(forged: str) -> None:
    genuine = proof(SECRET, Purpose.ANSWER, "x")
    assert is_same(genuine, genuine)
    assert is_same(forged, genuine) == (forged == genuine)
