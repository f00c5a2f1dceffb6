"""Reasons of failures in every language: our words are translated, and what others replied is quoted as it came."""

from __future__ import annotations

import re

import pytest

from surveyengine.channels import failure
from surveyengine.channels.refusal import SmtpStep, refusal
from surveyengine.i18n.speech import speech
from tests.support.samples import LANGUAGES


@pytest.mark.parametrize("msgid", failure.SENTENCES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_our_words_are_told_in_the_readers_language_and_the_reply_is_quoted(language: str, msgid: str) -> None:
    said, reply = speech(language), "550 5.1.1 <dana@example.com>: {x} `no` ٪"
    told = failure.told(failure.worded(msgid, reply), said)
    assert told == said.gettext(msgid).replace("{reply}", f"`{reply.replace('`', chr(39))}`")
    assert language == "en" or not re.search("[A-Za-z]", re.sub("`[^`]*`", "", told))


@pytest.mark.parametrize(("stored", "told"), [
    ("whatever a server said", "`whatever a server said`"), ("", ""),
    (str(refusal(SmtpStep.MAIL, 552, "5.2.2 full", "552 5.2.2 full")), "השרת סירב לקבל את ההודעה: `552 5.2.2 full`"),
    (failure.worded(failure.BROKE_OFF, failure.HUNG_UP), "השרת ניתק לפני שההודעה הושלמה: השרת ניתק"),
])
def test_what_is_ours_in_a_reply_is_told_too_and_what_is_not_is_a_quotation(stored: str, told: str) -> None:
    assert failure.told(stored, speech("he")) == told
