"""Whom a survey asks, in sentences."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from surveyengine.definitions.condition import Condition
from surveyengine.definitions.survey import Invite
from surveyengine.i18n.span import span
from surveyengine.i18n.speech import speech
from surveyengine.invitations.rules import rules, wanted
from surveyengine.settings.config import SendingSettings

FREE = SendingSettings.model_validate({"cooldown": "0 days"})
BUSY = SendingSettings.model_validate({"cooldown": "7 days", "at_most": {"90 days": 3}})


@pytest.mark.parametrize(
    ("invite", "sending", "said"),
    [
        (None, BUSY, ["Nobody is invited; customers come by the open link."]),
        ({"on": "e.x"}, FREE, ["As soon as the event `e.x` comes in.", "The invitation comes by e-mail.",
                               "Its link works for 14 days."]),
        ({"every": "180 days"}, FREE, ["Every customer is asked once in 180 days."]),
        ({"on": "e.x", "after": "12 hours", "sample": 0.5, "draw": "d", "cancel_on": ["a.b", "c.d"],
          "remind": ["3 days"]},
         FREE, ["12 hours after the event `e.x`.", "A random 50% of them.",
                "Each event goes to one survey of the draw `d`.",
                "Not any more once `a.b`, or `c.d` has happened.", "The invitation comes by e-mail.",
                "A reminder follows after 3 days, where no answer came."]),
        ({"on": "e.x", "cooldown": "1 day"}, BUSY, [
            "Not within 1 day of the customer's last invitation to this survey.",
            "Not within 7 days of the customer's last invitation to any survey.", "At most 3 invitations in 90 days."]),
        ({"on": "e.x", "exempt": True}, BUSY,
         ["The limits on how often a customer may be asked do not hold for it."]),
        ({"on": "e.x", "when": {"country": ["IL", "IR"], "any": [{"total": {"above": 5}}, {"vip": True}]}}, FREE,
         ['Condition: `country` to be one of "IL", "IR"; and `total` to be above 5, or `vip` to be true.']),
    ],
)  # fmt: skip
def test_every_rule_of_a_survey_is_a_sentence(invite: Any, sending: SendingSettings, said: list[str]) -> None:
    read = Invite.model_validate(invite) if invite else None
    found = rules(read, sending, speech("en"))
    assert [one for one in found if one in said] == said
    assert {len(rules(read, sending, speech(one))) for one in ("he", "fa")} == {len(found)}


def test_no_condition_wants_nothing() -> None:
    assert wanted(None, speech("he")) == ""
    assert wanted(Condition.model_validate({"a": 1}), speech("en")) == "`a` to be 1"


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(hours=2), ("2 hours", "שעתיים", "۲ ساعت")),
        (timedelta(days=1), ("1 day", "יום", "۱ روز")),
        (timedelta(minutes=90), ("90 minutes", "90 דקות", "۹۰ دقیقه")),
        (timedelta(days=730), ("2 years", "שנתיים", "۲ سال")),
        (timedelta(seconds=61), ("61 seconds", "61 שניות", "۶۱ ثانیه")),
        (timedelta(0), ("0 seconds", "0 שניות", "۰ ثانیه")),
    ],
)
def test_a_span_is_said_exactly(length: timedelta, words: tuple[str, str, str]) -> None:
    assert tuple(span(length, speech(one)) for one in ("en", "he", "fa")) == words
