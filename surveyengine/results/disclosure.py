"""What may be shown of an answer: decided by the mode of the version under which it was given."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum, auto
from typing import NamedTuple

from ..definitions.kinds.registry import CONTACTS
from ..values.anonymity import LEAST
from ..values.enumeration import SurveyMode


class Detail(Enum):
    """What could be shown of an answer or of an invitation."""

    RELEASED = auto()
    """A row in an export or a list: one response without whose it is, once its block is released."""
    ROW = auto()
    """One response on a page of the newest, or at an address of its own."""
    COMMENT = auto()
    """What was written freely, with the satisfaction and without whose it is, once its block is released: of enough."""
    PERSON = auto()
    """Whose it is: customer, invitation, moment, language, version, and what is known of the occasion."""
    CONTACT = auto()
    """An answer that is an address or a telephone number."""
    ANSWERED = auto()
    """Whether, and when, an invitation was answered."""
    AT_ONCE = auto()
    """An answer before its block is released, or in a period that has a part of its block."""
    GROUP = auto()
    """The answers with one value of a field, if there are enough of them."""


ALLOWED: Mapping[SurveyMode, Collection[Detail]] = {
    SurveyMode.IDENTIFIED: frozenset(Detail),
    SurveyMode.CONFIDENTIAL: frozenset({Detail.RELEASED, Detail.COMMENT, Detail.GROUP}),
    SurveyMode.ANONYMOUS: frozenset({Detail.RELEASED}),
}


def may(mode: SurveyMode, what: Detail, n: int | None = None) -> bool:
    """Whether this may be shown of answers given in that mode; of a group of `n` answers, only if they are enough."""
    allowed = what in ALLOWED[mode]
    return allowed and (n is None or mode is SurveyMode.IDENTIFIED or n >= LEAST)


class Disclosure(NamedTuple):
    """Whether a response may be shown by itself, and whether with the person who gave it."""

    row: bool
    person: bool


def disclosure(mode: SurveyMode) -> Disclosure:
    """What may be shown of one response that was given in that mode."""
    return Disclosure(may(mode, Detail.ROW), may(mode, Detail.PERSON))


def may_answer(mode: SurveyMode, series: str) -> bool:
    """Whether an answer of this series may be shown in a row."""
    return series not in CONTACTS or may(mode, Detail.CONTACT)


def may_tell_themselves(modes: Collection[SurveyMode], answered_in: SurveyMode | None) -> bool:
    """Whether the customer may be handed out that they answered an invitation, or did not; `modes` as below.

    What is confidential is so from others; what is anonymous is nobody's, theirs as little as anybody else's.
    """
    if answered_in is not None:
        return answered_in is not SurveyMode.ANONYMOUS
    return SurveyMode.ANONYMOUS not in modes


def may_tell_answered(modes: Collection[SurveyMode], answered_in: SurveyMode | None) -> bool:
    """Whether it may be told that an invitation was answered (`answered_in` that mode), or that it was not (None).

    `modes` are those of all versions of its survey: that it was not answered would tell of the others that they were.
    """
    if answered_in is not None:
        return may(answered_in, Detail.ANSWERED)
    return all(may(mode, Detail.ANSWERED) for mode in modes)
