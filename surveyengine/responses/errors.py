"""What can be wrong with an answer, in words for the customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from ..i18n.speech import Speech
from ..values.msgid import N_

CHOOSE = N_("Please choose an answer to continue.")
TICK = N_("Please tick the box to continue.")
ANSWER = N_("Please answer this question to continue.")
RANK = N_("Please choose an option for every place.")
NOT_OFFERED = N_("That is not one of the options. Please choose again.")
TWICE = N_("This question was answered twice.")
TWO_PLACES = N_("Each option can have one place only.")
NO_NUMBER = N_("Please write a number in digits, such as 12 or 3.5.")
TOO_LONG = N_("Please write at most {limit} characters.")
TOO_SMALL = N_("Please write a number that is at least {limit}.")
TOO_LARGE = N_("Please write a number that is at most {limit}.")
NO_DATE = N_("There is no such day. Please check the day, the month and the year.")
INCOMPLETE = N_("Please give the day, the month and the year.")
YEAR = N_("Please write the year with four digits.")
TOO_EARLY = N_("The day must not be before {limit}.")
TOO_LATE = N_("The day must not be after {limit}.")
NO_ADDRESS = N_("An e-mail address looks like name@example.com.")
NO_PHONE = N_("This does not look like a complete phone number. Please check its digits.")
NO_COUNTRY = N_("Please begin the phone number with + and the country code.")
UNREADABLE = N_("This text contains characters that we cannot save.")
NOTHING = N_("Please answer at least one question.")


@dataclass(frozen=True)
class AnswerError:
    """What is wrong with an answer: an engine msgid and the values in it."""

    msgid: str
    values: Mapping[str, float | date] = field(default_factory=dict)

    def said(self, speech: Speech) -> str:
        """Return the sentence in that language."""
        values = {
            name: speech.date(value) if isinstance(value, date) else speech.number(value)
            for name, value in self.values.items()
        }
        return speech.gettext(self.msgid, **values)
