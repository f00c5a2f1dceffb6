"""What people are called and write in each language: read from the files beside this module."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from .luck import Luck

FOLDER = Path(__file__).parent / "words"
LANGUAGES = ("he", "fa", "en")
SLOT = re.compile(r"\{(\w+)\}")
EITHER = re.compile(r"\[([^|\]]*)\|([^\]]*)\]")  # as a man and as a woman says it


class Named(NamedTuple):
    """A name as it is written, and as it stands in an address."""

    written: str
    latin: str


@cache
def words(language: str) -> Mapping[str, Any]:
    """Return the words of a language."""
    return tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


def named(language: str, group: str, chance: Luck) -> Named:
    """Return one of the names of a group: `women`, `men` or `families`."""
    written, _, latin = chance.choice(words(language)["people"][group]).partition("=")
    return Named(written, latin or written.lower())


def product(language: str, chance: Luck) -> str:
    """Return the name of something for the home."""
    return str(chance.choice(words(language)["products"]))


def comment(said: Mapping[str, Sequence[str]], mood: str, facts: Mapping[str, str], chance: Luck) -> str:
    """Return a comment, put together of the parts that fit: an opening, what it is about, and an end.

    `said` maps moods to what a question is answered with, and `facts` fill its slots; a part with a slot that has no
    fact does not fit. Returns "" where nothing fits.
    """
    cores = _fitting(said.get(mood, ()), facts)
    if not cores:
        return ""
    telling = [part for part in cores if "{late}" in part]
    cores = telling if telling and chance.random() < 0.6 else cores
    chosen = chance.sample(cores, 2 if len(cores) > 2 and chance.random() < 0.18 else 1)
    opening, end = (_fitting(said.get(f"{mood}_{place}", ()), facts) for place in ("opening", "end"))
    before = [chance.choice(opening)] if opening and chance.random() < 0.35 else []
    after = [chance.choice(end)] if end and chance.random() < 0.4 else []
    return " ".join(_filled(part, facts) for part in [*before, *chosen, *after])


def _fitting(parts: Sequence[str], facts: Mapping[str, str]) -> list[str]:
    return [part for part in parts if all(facts.get(name) for name in SLOT.findall(part))]


def _filled(part: str, facts: Mapping[str, str]) -> str:
    said = EITHER.sub(r"\2" if facts.get("speaker") == "woman" else r"\1", part)
    return SLOT.sub(lambda slot: facts[slot[1]], said)
