"""The token of a form: it says again what it was made for, and nothing that we did not sign says anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.responses.ticket import FormToken, FormTokens, opened, renewed

TOKENS = FormTokens(b"a secret of the tests")
NOW = datetime(2026, 11, 20, 14, 3, 5, 123_456, UTC)
PAIRS = st.lists(st.tuples(st.text(), st.text()), max_size=3).map(tuple)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
TICKETS = st.builds(
    FormToken, st.text(), st.text(), st.text(), st.text(), MOMENTS, PAIRS, PAIRS, st.booleans(),
    st.sampled_from(["page", "embed", "kiosk"]), st.lists(st.text(), max_size=3).map(tuple),
)  # fmt: skip


@given(TICKETS)
def test_a_token_says_what_its_form_was_made_for(ticket: FormToken) -> None:
    read = TOKENS.read(TOKENS.sign(ticket))
    assert read is not None
    assert timedelta(0) <= ticket.issued_at - read.issued_at <= timedelta(milliseconds=1)
    assert replace(read, issued_at=ticket.issued_at) == ticket


def test_a_form_is_a_page_with_nothing_chosen_or_said_unless_its_token_says_so() -> None:
    read = TOKENS.read(TOKENS.sign(opened("delivery", "d" * 64, NOW)))
    assert read is not None
    assert (read.survey, read.digest, read.invitation, read.layout) == ("delivery", "d" * 64, "", "page")
    assert (read.selected, read.context, read.claimed, read.withheld) == ((), (), False, ())


def test_each_form_has_a_number_of_its_own() -> None:
    assert len({opened("delivery", "d", NOW).submission for _ in range(100)}) == 100


def test_another_form_keeps_what_a_visitor_said_and_nothing_that_was_answered() -> None:
    said: dict[str, Any] = {"context": (("shop", "north"),), "claimed": True, "layout": "embed"}
    first = FormToken("s", "delivery", "d", "i", NOW, (("satisfaction", "4"),), withheld=("why",), **said)
    later = renewed(first, NOW + timedelta(hours=1))
    assert later == FormToken(later.submission, "delivery", "d", "", NOW + timedelta(hours=1), **said)
    assert later.submission != first.submission


@pytest.mark.parametrize("forged", ["", ".", "..", "x.y", "x", "W10.", "W10.0", "é.ש", "\ud800.\ud800"])
def test_what_we_did_not_sign_says_nothing(forged: str) -> None:
    assert TOKENS.read(forged) is None


def test_a_token_that_is_changed_anywhere_or_signed_by_another_says_nothing() -> None:
    token = TOKENS.sign(opened("delivery", "d", NOW))
    body, _, proof = token.partition(".")
    wrong = [token[:-1], f"{token}0", f"x{token}", token.upper(), f"{body}.{body}.{proof}", f"{body}.{proof}.{proof}"]
    wrong += [FormTokens(b"another secret").sign(opened("delivery", "d", NOW))]
    assert [one for one in wrong if TOKENS.read(one)] == []
