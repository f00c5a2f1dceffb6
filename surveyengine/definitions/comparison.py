"""Comparisons written as text, such as "<= 3", and the condition tests that they mean."""

from __future__ import annotations

import re

from .synonym import TESTS

_NUMBER = r"-?\d{1,15}(?:\.\d{1,15})?"
_SIGN = r"<=|=<|≤|>=|=>|≥|<>|!=|≠|==|=|<|>"
_SIGNED = re.compile(rf"\s*({_SIGN})\s*({_NUMBER})\s*", re.ASCII)
_RANGE = re.compile(rf"\s*(?:between\s+)?({_NUMBER})\s*(?:-|–|\.\.+|to|and)\s*({_NUMBER})\s*", re.ASCII)
_SERIES = re.compile(rf"\s*{_NUMBER}(?:\s*,\s*{_NUMBER})+\s*", re.ASCII)
_SENTENCE = re.compile(rf"\s*\{{?\s*([a-z][\w.]*)\s*((?:{_SIGN}).*?)\s*\}}?\s*", re.ASCII)


def signed(text: str) -> str:
    """Return the test that a sign before a number stands for: "<= 3" is { at_most = 3 }; "" for any other text."""
    found = _SIGNED.fullmatch(text)
    if not found:
        return ""
    test = TESTS[found[1]]
    return found[2] if test == "is" else f"{{ {test} = {found[2]} }}"


def meant(text: str) -> str:
    """Return the test of a number that a text means, such as "<= 3", "1-3" or "1, 2"; "" for any other text."""
    if found := _RANGE.fullmatch(text):
        return f"{{ at_least = {found[1]}, at_most = {found[2]} }}"
    if _SERIES.fullmatch(text):
        return f"[{', '.join(re.findall(_NUMBER, text))}]"
    return signed(text) or (text.strip() if re.fullmatch(rf"\s*{_NUMBER}\s*", text, re.ASCII) else "")


def sentence(text: str) -> str:
    """Return the condition that a text such as "satisfaction <= 3" means; "" for any other text."""
    found = _SENTENCE.fullmatch(text)
    test = meant(found[2]) if found else ""
    if not found or not test:
        return ""
    name = f'"{found[1]}"' if "." in found[1] else found[1]  # of a row of a matrix
    return f"{{ {name} = {test} }}"
