"""Whether a password is one that is tried first: made of rows of keys, of words that everybody takes, or of names."""

from __future__ import annotations

import re
from collections.abc import Iterable

FEWEST = 5  # different letters, before and after what is predictable is taken away
SHORTEST_WORD = 3  # letters of a word, or keys of a row, that count as one
ROWS = (
    "01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qazwsxedcrfvtgbyhnujmik",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "q1w2e3r4t5y6u7i8o9p0", "1q2w3e4r5t6y7u8i9o0p", "1qazxsw23edcvfr45tgb",
    "אבגדהוזחטיכלמנסעפצקרשת", "קראטוןםפ", "שדגכעיחלך", "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی", "ضصثقفغعهخحجچ",
    "۰۱۲۳۴۵۶۷۸۹۰",
)  # fmt: skip
COMMON = (
    "password", "passwort", "passw", "secret", "letmein", "welcome", "admin", "administrator", "login", "root", "user",
    "test", "guest", "default", "changeme", "master", "dragon", "monkey", "football", "baseball", "superman", "batman",
    "sunshine", "princess", "iloveyou", "shadow", "michael", "jordan", "hello", "whatever", "freedom", "summer",
    "winter", "spring", "autumn", "company", "office", "staff", "survey", "surveyengine", "customer", "feedback",
    "jerusalem", "telaviv", "israel", "tehran", "iran", "shalom", "salam", "סיסמה", "סיסמא", "שלום", "ישראל",
    "گذرواژه", "رمزعبور", "رمز", "سلام", "ایران",
)  # fmt: skip
LEET = str.maketrans("013457@$!", "oieastasi")
REPEATED = re.compile(r"(.)\1{2,}")
APART = re.compile(r"[\W_]+")


def is_guessable(password: str, about: Iterable[str]) -> bool:
    """Whether little of a password is left without what others try first; `about` is what they know of its owner."""
    names = {word for text in about for word in APART.split(text.casefold()) if len(word) >= SHORTEST_WORD}
    words = sorted({*COMMON, *names, *_runs()}, key=len, reverse=True)
    plain = password.casefold()
    return any(len(set(_rest(spelled, words))) < FEWEST for spelled in (plain, plain.translate(LEET)))


def _rest(password: str, words: Iterable[str]) -> str:
    """Return the letters that are in none of the words, nor the same three times."""
    for word in words:
        password = password.replace(word, " ")
    return APART.sub("", REPEATED.sub(" ", password))


def _runs() -> set[str]:
    """Return every part of a row of keys, in both directions."""
    rows = [*ROWS, *(row[::-1] for row in ROWS)]
    spans = ((row, start, end) for row in rows for start in range(len(row)) for end in range(start + 1, len(row) + 1))
    return {row[start:end] for row, start, end in spans if end - start >= SHORTEST_WORD}
