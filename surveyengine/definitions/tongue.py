"""Hints for languages that the engine does not speak."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .model import closest

# Names and codes for the languages that the engine brings along; it may have learnt others.
CALLED = {
    "en": "english eng en-us en-gb en-uk anglit אנגלית انگلیسی",
    "he": "hebrew heb iw ivrit עברית עברי il عبری",
    "fa": "persian farsi per fas parsi dari ir فارسی פרסית",
    "ar": "arabic ara عربي العربية ערבית",
    "ru": "russian rus русский רוסית",
    "fr": "french fra fre français צרפתית",
    "de": "german deu ger deutsch גרמנית",
    "es": "spanish spa español ספרדית",
}
_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]+)*")
CODE = re.compile(r"[a-z]{2,3}")


def named(language: str) -> str:
    """Return what a language is called in a sentence: "Hebrew", or its code in backquotes."""
    return CALLED[language].split()[0].capitalize() if language in CALLED else f"`{language}`"


def meant(word: str) -> str:
    """Return the code of the language that a word probably means; "" where it could be anything."""
    folded = word.strip().casefold()
    called = next((code for code, names in CALLED.items() if folded in names.split() or folded == code), "")
    tag = _TAG.fullmatch(folded)
    return called or (tag[1] if tag and "_" in folded.replace("-", "_") else "")


def hint(word: str, known: Sequence[str]) -> str:
    """Return what to write instead of an unknown language, or how to add it to the engine."""
    code = meant(word)
    if code in known:
        return f"write `{code}`"
    if not code and (close := closest(word, known)) and not CODE.fullmatch(word):
        return close
    wanted = code or (word if CODE.fullmatch(word) else "")
    speaks = f"it speaks {', '.join(known)}"
    if not wanted:
        return f'{speaks}; a language is written by its code, such as "{known[0]}"' if known else speaks
    return f"{speaks}; it learns `{wanted}` from its words in translations/{wanted}/LC_MESSAGES/surveyengine.po"
