"""Whoever adds a table says whether it tells of a customer, and then has an erasure reach it."""

from __future__ import annotations

from surveyengine.store.schema import metadata

# What an erasure empties of a customer, or leaves by a hash alone; tests/privacy/life.py fills all of it.
REACHED = {
    "account", "allotment", "answer", "audit", "customer", "draft", "erasure", "event", "invitation", "opt_down",
    "opt_out", "response", "segment_month", "segment_tally", "segment_value", "sending", "undeliverable",
}    # fmt: skip
# What tells of surveys, counts, machines and the business's own people.
NOBODYS = {
    "address_key", "allowance", "api_key", "clock_doubt", "current_survey", "funnel_month", "funnel_tally", "heartbeat",
    "retention",
    "segment_field", "staff_link", "staff_member", "staff_session", "staff_try", "survey_publication",
    "survey_scale", "survey_version", "tally", "tally_month",
}    # fmt: skip


def test_every_table_says_whether_an_erasure_reaches_it() -> None:
    assert set(metadata.tables) == REACHED | NOBODYS
    assert not REACHED & NOBODYS
