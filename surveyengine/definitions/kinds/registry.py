"""The kinds of question that a survey can ask. A new kind is a class in a module of its like, and an entry in KINDS."""

from __future__ import annotations

from typing import ClassVar, Literal

from .base import NOT_APPLICABLE, OTHER, Option, Part, Question
from .choice import Choice, Choices, Consent, Listing, Pick, Picking, Ranking, YesNo, YesPartlyNo
from .matrix import Matrix
from .scale import SCALES, Amount, Ces, Csat, Ease, Expectation, Likely, Nps, Rating, Scale
from .text import Email, Number, Phone, When, Writing

__all__ = [
    "CONTACTS", "KINDS", "NOT_APPLICABLE", "OTHER", "SCALES", "Choice", "Choices", "Email", "Listing", "Matrix",
    "Note", "Number", "Option", "Part", "Phone", "Pick", "Picking", "Question", "Ranking", "Rating", "Scale", "When",
    "Writing",
]  # fmt: skip


class Note(Question):
    """A sentence to read; nothing to answer."""

    asks: ClassVar[bool] = False
    kind: Literal["note"]


KINDS: dict[str, type[Question]] = {
    "csat": Csat,
    "nps": Nps,
    "ease": Ease,
    "ces": Ces,
    "expectation": Expectation,
    "amount": Amount,
    "likely": Likely,
    "rating": Rating,
    "yes_no": YesNo,
    "yes_partly_no": YesPartlyNo,
    "choice": Choice,
    "choices": Choices,
    "matrix": Matrix,
    "ranking": Ranking,
    "text": Writing,
    "number": Number,
    "date": When,
    "email": Email,
    "phone": Phone,
    "consent": Consent,
    "note": Note,
}
CONTACTS = frozenset({"email", "phone"})
"""The kinds whose answers are an address or a number, and so tell whose they are."""
