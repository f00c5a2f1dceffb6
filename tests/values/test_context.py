from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.responses.ticket import FormToken, FormTokens, opened
from surveyengine.values.context import LONGEST, MOST, SIGNED, Context, read, said, signature

SECRET = b"s" * 32
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ORDER = (("order", "A-1"),)
SHOP = (("order", "A-1"), ("shop", "Haifa"))


def context(*parameters: tuple[str, str], survey: str = "website", secret: bytes = SECRET) -> Context:
    return read((secret,), survey, parameters, asked={"satisfaction"})


def test_what_a_link_says_is_only_claimed() -> None:
    assert context(("order", "A-1"), ("lang", "he")) == Context(ORDER, claimed=True)
    assert context(("order", "A-1")).facts == {}


def test_a_link_without_context_claims_nothing() -> None:
    assert context(("lang", "he"), ("satisfaction", "5"), ("embed", "1")) == Context()


@pytest.mark.parametrize("pairs", [ORDER, SHOP, SHOP[::-1]])
def test_what_was_signed_is_not_claimed_in_whatever_order(pairs: Any) -> None:
    found = context(*pairs, (SIGNED, signature(SECRET, "website", pairs)))
    assert found == Context(tuple(sorted(pairs)))
    assert found.facts == dict(pairs)


def test_what_an_advertiser_adds_to_a_signed_link_is_left_out() -> None:
    assert context(*ORDER, ("utm_source", "x"), (SIGNED, signature(SECRET, "website", ORDER))) == Context(ORDER)


GOOD = signature(SECRET, "website", SHOP)


@pytest.mark.parametrize(
    "parameters",
    [
        [("order", "A-2"), ("shop", "Haifa"), (SIGNED, GOOD)],
        [("order", "A-1"), (SIGNED, GOOD)],
        [("order", "A-1"), (SIGNED, GOOD.replace("order.shop", "order"))],
        [("order", "A-1"), ("shop", "Haifa"), (SIGNED, GOOD[:-1])],
        [("order", "A-1"), ("shop", "Haifa"), (SIGNED, GOOD + "A")],
        [("order", "A-1"), ("shop", "Haifa"), (SIGNED, signature(b"t" * 32, "website", SHOP))],
        [("order", "A-1"), ("shop", "Haifa"), (SIGNED, signature(SECRET, "store", SHOP))],
        [("order", "A-1"), ("shop", "Haifa"), (SIGNED, "order.shop.é\u200f")],
        [("order", "A-1"), ("shop", "Haifa"), (SIGNED, "x"), (SIGNED, GOOD)],
        [("order", "A-2"), ("order", "A-1"), ("shop", "Haifa"), (SIGNED, GOOD)],
    ],
)
def test_a_forged_or_altered_signature_vouches_for_nothing(parameters: list[tuple[str, str]]) -> None:
    found = context(*parameters)
    assert found.claimed
    assert found.facts == {}


@pytest.mark.parametrize(
    ("parameters", "kept"),
    [
        ([("order", "  A\u202e-1\n")], [("order", "A-1")]),
        ([("order", "x" * 500)], [("order", "x" * LONGEST)]),
        ([("order", "A\0")], []),
        ([("order", " ")], []),
        ([("Order", "A-1"), ("o-1", "x"), ("1o", "x"), ("o" * 65, "x"), ("form.x", "x"), ("form", "x")], []),
        ([("kiosk", "1"), ("any", "x"), ("satisfaction", "3"), ("satisfaction.a", "3")], []),
        ([("order", "A-1"), ("order", "A-2")], [("order", "A-1")]),
    ],
)
def test_context_is_cleaned_cut_and_never_a_question(parameters: Any, kept: Any) -> None:
    assert list(said(parameters, {"satisfaction"})) == kept


def test_there_are_at_most_twenty() -> None:
    assert len(said([(f"name{number}", "x") for number in range(100)], ())) == MOST


@given(st.lists(st.tuples(st.text(max_size=70), st.text(max_size=300)), max_size=30), st.text(max_size=100))
def test_nothing_in_a_link_is_believed_without_our_secret(parameters: list[tuple[str, str]], proof: str) -> None:
    found = context(*parameters, (SIGNED, proof))
    assert found.claimed == bool(found.pairs)


@given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True), st.text(max_size=300), max_size=25))
def test_what_we_sign_is_believed(values: dict[str, str]) -> None:
    pairs = said(values.items(), {"satisfaction"})
    assert context(*pairs, (SIGNED, signature(SECRET, "website", pairs))) == Context(pairs)


def test_a_ticket_carries_its_context() -> None:
    tickets = FormTokens(SECRET)
    chosen = (("satisfaction", "1"),)
    ticket = FormToken("s", "website", "d", "", NOW, chosen, context=SHOP, claimed=True, layout="kiosk")
    assert tickets.read(tickets.sign(ticket)) == ticket


def test_a_form_without_context_is_not_made_longer_by_it() -> None:
    tickets, plain = FormTokens(SECRET), opened("website", "d" * 64, NOW)
    assert len(tickets.sign(plain)) + 20 < len(tickets.sign(replace(plain, layout="embed")))
