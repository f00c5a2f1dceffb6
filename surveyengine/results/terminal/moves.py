"""Changes and differences in words."""

from __future__ import annotations

from typing import NamedTuple

from ...values.msgid import N_
from ..change import LEAST, Change
from ..difference import GroupDifference
from ..score import OK
from .score_rows import ScoreRows


class MoveWords(NamedTuple):
    """How it is said that one score is above another, below it, no different for all we know, or hardly different."""

    up: str
    down: str
    none: str
    small: str


CHANGE = MoveWords(
    N_("up {value} ({from} to {to})"),
    N_("down {value} ({from} to {to})"),
    N_("no evidence of a change"),
    N_("changed by less than {points} points"),
)
DIFFERENCE = MoveWords(
    N_("{value} above the others ({from} to {to})"),
    N_("{value} below the others ({from} to {to})"),
    N_("no evidence of a difference"),
    N_("differs by less than {points} points"),
)


def moved(rows: ScoreRows, found: Change | GroupDifference) -> str:
    """What a change, or a difference, is."""
    words = DIFFERENCE if isinstance(found, GroupDifference) and found.against == "rest" else CHANGE
    if found.value is None or found.low is None or found.high is None:
        return rows.say("not compared: fewer than {n} answers", n=rows.speech.number(OK))
    if found.state == "none":
        return rows.say(words.none)
    if found.state == "small":
        return rows.say(words.small, points=rows.speech.number(LEAST, 0))
    limits = sorted(map(abs, (found.low, found.high)))
    said = {"from": limits[0], "to": limits[1], "value": abs(found.value)}
    numbers = {name: rows.points(value) for name, value in said.items()}
    return rows.say(words.up if found.value > 0 else words.down, **numbers)
