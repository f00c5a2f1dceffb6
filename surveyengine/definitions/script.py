"""The scripts of languages, and of the words of a sentence."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

LATIN = "LATIN"  # scripts are called as Unicode begins the names of their letters
SCRIPTS: Mapping[str, tuple[str, ...]] = {
    "HEBREW": ("he", "yi"),
    "ARABIC": ("fa", "ar", "ur", "ps", "ckb", "ug", "sd"),
    "CYRILLIC": ("ru", "uk", "be", "bg", "mk", "kk", "ky", "mn", "tg"),
    LATIN: ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "cs", "sk", "sl", "hr", "ro", "hu", "tr", "az", "sv", "da",
            "no", "nb", "nn", "fi", "et", "lv", "lt", "sq", "is", "ga", "cy", "eu", "ca", "gl", "mt", "id", "ms", "tl",
            "vi", "sw", "so", "af"),
    "GREEK": ("el",),
    "ARMENIAN": ("hy",),
    "GEORGIAN": ("ka",),
    "ETHIOPIC": ("am", "ti"),
    "DEVANAGARI": ("hi", "mr", "ne"),
    "THAI": ("th",),
}  # fmt: skip
"""The script of each language that is told apart; of a language that stands nowhere, nothing is said."""

BY_LANGUAGE = {language: script for script, languages in SCRIPTS.items() for language in languages}
NAMES = {"ARABIC": "Persian or Arabic"}
WORD = re.compile(r"[^\W\d_]+(?:['’׳״\u200c-][^\W\d_]+)*")


def script(language: str) -> str:
    """Return the script of a language; "" where it is not known."""
    return BY_LANGUAGE.get(language, "")


def named(script: str) -> str:
    """Return the everyday name of a script's letters."""
    return NAMES.get(script, script.capitalize())


@lru_cache(4_000)
def _script_of(letter: str) -> str:
    first = unicodedata.name(letter, "").partition(" ")[0]
    return first if first in SCRIPTS else ""


def script_of(word: str) -> str:
    """Return the script of a word's first letter; "" for an unknown script."""
    return _script_of(word[0])


def words(sentence: str) -> list[str]:
    """Return the words of a sentence, without digits and punctuation."""
    return WORD.findall(sentence)


def counted(sentence: str) -> Counter[str]:
    """Return how many words of each script the sentence holds."""
    return Counter(found for word in words(sentence) if (found := script_of(word)))
