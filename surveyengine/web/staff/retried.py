"""What came of sending messages again, carried in the address of the page that says it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from ...i18n.speech import Speech
from ...invitations.revival import Revival
from ...results.terminal.reasons import REASONS
from ...values.msgid import N_

NAMES = AGAIN, KEPT, LEFT = "again", "kept", "left"
WORDS = {**REASONS, "gone": N_("the survey or the customer is not stored any more")}
LONGEST = 9  # digits


class RetryOutcome(NamedTuple):
    """How many messages are sent again, why others are not, and how many were not looked at."""

    again: int
    kept: list[tuple[str, int]]
    left: int


def written(done: Revival, left: int) -> dict[str, str]:
    """Return the parameters that say it."""
    kept = ",".join(f"{reason}:{n}" for reason, n in done.not_again.most_common())
    told = {AGAIN: str(done.again), KEPT: kept, LEFT: str(left) if left else ""}
    return {name: value for name, value in told.items() if value}


def outcome(said: Mapping[str, str], speech: Speech) -> RetryOutcome | None:
    """Return what an address says; None where it says nothing. What makes no sense in it is left out."""
    if AGAIN not in said:
        return None
    kept = Counter[str]()
    for one in said.get(KEPT, "").split(",")[: len(WORDS)]:
        reason, _, n = one.partition(":")
        if reason in WORDS:
            kept[reason] += _number(n)
    told = [(speech.gettext(WORDS[reason]), n) for reason, n in kept.most_common() if n]
    return RetryOutcome(_number(said[AGAIN]), told, _number(said.get(LEFT, "")))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST else 0
