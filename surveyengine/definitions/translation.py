"""Checks that a text says the same in its languages, as far as letters and placeholders tell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from . import tongue
from .fault import Level
from .script import LATIN, counted, named, script, words
from .text import Placeholder, parts

ALONE = "or name your own language in `languages` of config.toml"
ANCHORS = ("low", "middle", "high")
# How strongly the end of a scale is worded: words of degree, and words that are strong by themselves.
DEGREE = {
    "en": re.compile(
        r"\b(?:very|far|extremely|strongly|completely|totally|absolutely|entirely|fully|highly|much|not at all)\b", re.I
    ),
    "he": re.compile("מאוד|מאד|הרבה|ביותר|לגמרי|בהחלט|כלל לא|בכלל לא|לחלוטין|הכי"),
    "fa": re.compile("بسیار|خیلی|کاملاً|کاملا|اصلاً|اصلا|شدت|به‌هیچ"),
}
STRONG = {
    "en": re.compile(
        r"\b(?:perfect|ideal|never|always|most|best|worst|terribl|awful|horribl|excellent|outstanding|superb|dreadful|hate"
        r"|love|nothing|everything|impossibl|hopeless|amazing|fantastic|extreme|strong|total|complete|absolute|no|none)",
        re.I,
    ),
    "he": re.compile("מצוין|מצוינת|מעולה|נורא|איום|תמיד|אף פעם|מעולם|מושלם|נהדר|אידיאל|אין |שום"),
    "fa": re.compile("عالی|افتضاح|فوق‌العاده|همیشه|هرگز|هیچ|بدترین|بهترین|وحشتناک|بی‌نقص|ایدئال"),
}
_URL = re.compile(r"https?://\S+|\S+@\S+")


class Mismatch(NamedTuple):
    """What is wrong with a text in one language, and what would be right."""

    language: str
    message: str
    hint: str
    level: Level = "warning"


def mismatches(name: str, text: Mapping[str, object], is_name: bool = False) -> Iterator[Mismatch]:
    """Yield the mismatches between the languages of a text; a proper name may be the same in all of them."""
    said = {language: sentence for language, sentence in text.items() if isinstance(sentence, str)}
    own = {language: counted(_written(sentence)) for language, sentence in said.items()}
    swapped = _swapped(own)
    strange = [one._replace(level="warning") if is_name else one for one in _foreign(name, own)]
    if not is_name:
        told = {one.language for one in strange}
        strange += _untranslated(name, {one: sentence for one, sentence in said.items() if one not in told}, own)
    exchanged = {language for pair in swapped for language in pair}
    firsts = [one for one in strange if one.language not in exchanged]
    yield from (_exchange(name, *pair) for pair in swapped)
    yield from firsts
    yield from _holes(name, said)
    if name in ANCHORS and not (swapped or firsts):
        yield from _strength(name, said)


def _of(languages: Sequence[str], name: str) -> str:
    """Return the subject of a sentence: "the Hebrew and Persian text of `hint`"."""
    return f"the {_listed(languages)} text of `{name}`"


def _written(sentence: str) -> str:
    """Return the sentence without addresses and the names of placeholders."""
    pieces = (part if isinstance(part, str) else f" {part.fallback or ''} " for part in parts(sentence))
    return _URL.sub(" ", "".join(pieces))


def _main(count: Counter[str]) -> str:
    """Return the script of most words; "" where there is none."""
    return max(count, key=lambda one: count[one]) if count else ""


def _swapped(own: Mapping[str, Counter[str]]) -> list[tuple[str, str]]:
    """Return the pairs of languages each of which is written in the letters of the other."""
    found = []
    for one, other in combinations(own, 2):
        wanted, given = (script(one), script(other)), (_main(own[one]), _main(own[other]))
        if "" not in wanted and wanted[0] != wanted[1] and given == wanted[::-1]:
            found.append((one, other))
    return found


def _exchange(name: str, one: str, other: str) -> Mismatch:
    message = f"the {tongue.named(one)} and the {tongue.named(other)} text of `{name}` are swapped"
    return Mismatch(one, message, "exchange them", "error")


def _foreign(name: str, own: Mapping[str, Counter[str]]) -> Iterator[Mismatch]:
    """Yield the texts that hold words in letters of another language; Latin ones may stand everywhere, as names do."""
    for language, count in own.items():
        ours = script(language)
        others = Counter({one: n for one, n in count.items() if one not in (ours, LATIN)})
        if not ours or not others:
            continue
        strange = _main(others)
        is_whole = others[strange] > 1 and others[strange] >= sum(count.values()) - others[strange]
        how = "is" if is_whole else "has a word" if others[strange] == 1 else "has words"
        message = f"{_of([language], name)} {how} in {named(strange)} letters"
        other = "was the text of another language put here?" if len(own) > 1 else ALONE
        yield Mismatch(
            language, message, f"write it in {tongue.named(language)}; {other}", "error" if is_whole else "warning"
        )


def _untranslated(name: str, said: Mapping[str, str], own: Mapping[str, Counter[str]]) -> Iterator[Mismatch]:
    """Yield the sentences left untranslated; names and single words do not count, because they often stay the same."""
    first: dict[str, str] = {}
    for language, sentence in said.items():
        if not _is_sentence(_written(sentence)):
            continue
        key = " ".join(sentence.casefold().split())
        if script(language) not in ("", LATIN) and set(own[language]) == {LATIN}:
            twin = next((other for other in said if other != language and _same(said[other], key)), "")
            like = f", the same as the {tongue.named(twin)} one" if twin else ""
            message = f"{_of([language], name)} is in Latin letters{like}"
            yield Mismatch(language, message, f"translate it into {tongue.named(language)}")
        elif (other := first.setdefault(key, language)) != language:
            message = f"the {tongue.named(other)} and the {tongue.named(language)} text of `{name}` are the same"
            yield Mismatch(language, message, "translate one of the two")


def _same(sentence: str, key: str) -> bool:
    return " ".join(sentence.casefold().split()) == key


def _is_sentence(written: str) -> bool:
    """Whether it is more than a name: several words, one of them without any capital."""
    found = words(written)
    return len(found) > 1 and any(len(word) > 1 and word == word.lower() for word in found)


def _holes(name: str, said: Mapping[str, str]) -> Iterator[Mismatch]:
    """Yield the placeholders that only some of the languages have."""
    if len(said) < 2:
        return
    names = {language: _names(sentence) for language, sentence in said.items()}
    for hole in dict.fromkeys(one for found in names.values() for one in found):
        having = [language for language in said if hole in names[language]]
        lacking = [language for language in said if hole not in names[language] and said[language].strip()]
        if lacking:
            message = f"{_of(having, name)} has {{{hole}}}, and {_the_other(lacking)} not"
            yield Mismatch(lacking[0], message, "put it into all languages, or into none")


def _names(sentence: str) -> list[str]:
    return [part.name for part in parts(sentence) if isinstance(part, Placeholder)]


def _listed(languages: Sequence[str]) -> str:
    *most, last = map(tongue.named, languages)
    return f"{', '.join(most)} and {last}" if most else last


def _the_other(languages: Sequence[str]) -> str:
    return f"the {_listed(languages)} one{'' if len(languages) == 1 else 's'}"


def _strength(name: str, said: Mapping[str, str]) -> Iterator[Mismatch]:
    """Yield the ends of a scale that are worded more strongly in one language than in another."""
    degrees = {one: DEGREE[one].search(sentence) for one, sentence in said.items() if one in DEGREE}
    mighty = {one: found[0] for one, found in degrees.items() if found}
    weak = [one for one in degrees if one not in mighty and not STRONG[one].search(said[one])]
    if mighty and weak:
        word = next(iter(mighty.values()))
        message = f"{_of([*mighty], name)} says `{word}`, and {_the_other(weak)} nothing as strong"
        yield Mismatch(
            weak[0], message, "word it equally strongly in all languages, or their answers are not on the same scale"
        )
