"""Proofreading: checks of the wording of a business's texts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from . import wording
from .fault import Fault
from .leftover import leftovers
from .script import LATIN, counted
from .text import LONGEST
from .toml.document import Document, Node, Path
from .translation import mismatches

# A prefix with a maqaf stands before digits and Latin letters; before Hebrew it is a spelling mistake.
_MAQAF = re.compile(r"(?<![א-ת])([ושה]{0,2}[משהבוכל]־)\{([a-z][a-z0-9_]*)")


NOUNS = {"business": "חנות", "order": "הזמנה", "product": "מוצר"}  # before a value


def faults(
    node: Node, text: Mapping[str, Any], fitting: Collection[str] = (), is_name: bool = False
) -> Iterator[Fault]:
    """Yield the faults in the wording of the text at a node.

    `fitting` are the placeholders whose values begin with a digit or a Latin letter; `is_name` says that it is a
    proper name, which need not be translated.
    """
    said = {one: sentence for one, sentence in text.items() if isinstance(sentence, str) and len(sentence) <= LONGEST}
    for language, sentence in said.items():
        at = node.below(language)
        for message, hint, level in leftovers(sentence):
            yield at.fault(f"`{node.key}` {message}", hint, level)
        for complaint in (*wording.faults(language, sentence), *_maqafs(language, sentence, fitting)):
            message, _, hint = complaint.partition("; ")
            yield at.fault(message, hint, "warning")
    for language, message, hint, level in mismatches(node.key, said, is_name):
        yield node.below(language).fault(message, hint, level)


def _maqafs(language: str, sentence: str, fitting: Collection[str]) -> Iterator[str]:
    for prefix, name in _MAQAF.findall(sentence) if language == "he" else ():
        if name not in fitting:
            why = f"a maqaf stands before digits and Latin letters only, and {{{name}}} can begin with a Hebrew letter"
            article = "" if prefix[-2] in "בכלה" else "ה"
            such = f", such as “{prefix[:-1]}{article}{NOUNS[name]} {{{name}}}”" if name in NOUNS else ""
            yield f"`{prefix}{{{name}}}`: {why}; put a word between{such}"


def is_fitting(value: str) -> bool:
    """Whether a maqaf may stand before a value: it begins with a digit or a Latin letter."""
    return value[:1].isdecimal() or counted(value[:1])[LATIN] > 0


def twins(document: Document, path: Path, listed: object) -> Iterator[Fault]:
    """Yield the options or rows of a list whose text repeats an earlier one."""
    first: dict[tuple[str, str], int] = {}
    for index, one in enumerate(listed if isinstance(listed, list) else ()):
        text = one.get("text") if isinstance(one, dict) else None
        for language, sentence in text.items() if isinstance(text, dict) else ():
            key = (language, " ".join(str(sentence).casefold().split()))
            if key[1] and (earlier := first.setdefault(key, index)) != index:
                line = document.position((*path, earlier, "text", language))[0]
                message = f"`{str(sentence).strip()}` stands in line {line} too, so customers see two answers alike"
                yield document.fault((*path, index, "text", language), message, "give each words of its own", "warning")
