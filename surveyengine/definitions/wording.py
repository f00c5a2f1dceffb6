"""Rules of good Hebrew and Persian that a program can check, for the engine's words and for those of the surveys."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..values import bidi


class WordingRule(NamedTuple):
    """A pattern that must not occur in a sentence, and its complaint; `{found}` stands for the match."""

    pattern: re.Pattern[str]
    complaint: str


def _rule(pattern: str, complaint: str) -> WordingRule:
    return WordingRule(re.compile(pattern), complaint)


MASCULINE = "אתה|דרג|בחר|לחץ|הקלד|שלח|יקר|מעוניין|מסכים|ממליץ"

EVERYWHERE = (
    _rule(bidi.one_of(bidi.CONTROLS), "holds an invisible character that changes the reading direction; delete it"),
)
BY_LANGUAGE = {
    "he": (
        _rule(r"[א-ת]+[./][א-ת]+", "`{found}` joins two genders; write it without gender, for instance with a noun"),
        _rule(
            rf"(?<![א-ת])[ושכ]{{0,2}}(?:{MASCULINE})(?![א-ת])",
            "`{found}` addresses men only; write it without gender, such as “נא לבחור” or “מהי מידת …”",
        ),
        _rule(r"(?<![א-ת])אנא\s+[א-ת]+", "`{found}` commands one gender; write “נא ל…”"),
        _rule(
            r"[א-ת]+(?=\{)",
            "`{found}` is glued to a placeholder; put a word between, such as “מהמוצר {{product}}”",
        ),
    ),
    "fa": (
        _rule("[يكى]", "`{found}` is an Arabic letter; write the Persian ی or ک"),
        _rule(r"(?<![\w\u200c])ن?می\s+\w+", "`{found}` needs a half-space (U+200C) after “می”"),
        _rule(r"\w+\s+های?(?!\w)", "`{found}` needs a half-space (U+200C) before “ها”"),
        _rule(r"[?,;]", "`{found}` is a Latin mark; write “؟”, “،” or “؛”"),
        _rule("[\u0660-\u0669]", "`{found}` is an Arabic digit; write a Persian one"),
        _rule("\u0640", "holds a tatweel, which stretches a word and hides it from searches; delete it"),
    ),
}
# Addresses and placeholders' names are not in the sentence's language; braces stay, a letter may be glued to them.
FOREIGN = re.compile(r"https?://\S+|(?<=\{)[^{}|]*")


def faults(language: str, sentence: str) -> list[str]:
    """Return a complaint for each rule of the language that the sentence breaks."""
    own = FOREIGN.sub("", sentence)
    found = ((rule, rule.pattern.search(own)) for rule in (*EVERYWHERE, *BY_LANGUAGE.get(language, ())))
    return [rule.complaint.format(found=place[0].strip()) for rule, place in found if place]
