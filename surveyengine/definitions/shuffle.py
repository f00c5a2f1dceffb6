"""The random order of shuffled options, the same for the same seed."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from .kinds.registry import Listing, Option
from .survey import Survey


def orders(survey: Survey, seed: str) -> Mapping[str, tuple[str, ...]]:
    """Return the order of the options by the id of each question that shuffles them."""
    return {
        question.id: tuple(option.value for option in _shuffled(question, seed))
        for question in survey.questions
        if isinstance(question, Listing) and question.shuffle
    }


def _shuffled(question: Listing, seed: str) -> tuple[Option, ...]:
    """Return the options in random order, with those that stand apart last."""
    listed = sorted(question.listed, key=lambda option: _lot(seed, question.id, option.value))
    return (*listed, *question.offered[len(listed) :])


def _lot(*words: str) -> bytes:
    return sha256("\0".join(words).encode()).digest()
