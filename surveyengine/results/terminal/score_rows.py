"""The rows of scores, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ...definitions.fault import visible
from ...values.msgid import N_
from ..record import Absent
from ..score import INDICATIVE, Score
from .layout import Gauge, TableRow
from .speech import TableSpeech

METRICS = {
    "nps": N_("NPS"),
    "ease": N_("Ease"),
    "ces": N_("Made easy (CES)"),
    "expectation": N_("Expectations met"),
    "csi": N_("Index (CSI)"),
}
ABOUT = "~"
"""Stands before a value that is only indicative."""
NOTHING = "–"


@dataclass(frozen=True)
class ScoreRows:
    """Says scores in one language; the `mark` keeps numbers in the order of their columns.

    `names` are those of touchpoints, by their ids.
    """

    speech: TableSpeech
    mark: str = ""
    names: Mapping[str, str] = field(default_factory=dict)

    def called(self, ids: Sequence[str]) -> str:
        """The names of touchpoints as one phrase, each harmless on a terminal."""
        return self.speech.enumeration([visible(self.names.get(one, one)) for one in ids])

    def say(self, message: str, **values: str) -> str:
        return self.speech.gettext(message, **values)

    def points(self, value: float | Absent) -> str:
        """A difference of percentages, kept in its place in a right-to-left language."""
        return f"{self.mark}{self.speech.number(value or 0.0, 1)}{self.mark}"

    def score(self, label: str, score: Score, target: float | None = None, style: str = "") -> TableRow:
        """The row of a percentage."""
        if score.value is None or score.low is None or score.high is None:
            return self.none(label, score, style)
        gauge = Gauge(score.value, score.low, score.high, target)
        value = self.marked(score, self.percent(score.value, score))
        return TableRow(label, self.n(score.n), value, gauge, self.limits(score, decimals(score)), style)

    def none(self, label: str, score: Score, style: str = "") -> TableRow:
        """The row of a score that is not there, and why."""
        if score.withheld:
            why = self.say("withheld, to keep answers anonymous")
        else:
            why = self.say("too few answers (n < {least})", least=self.speech.number(INDICATIVE))
        return TableRow(label, self.n(score.n), NOTHING, why, style=style)

    def csi(self, label: str, score: Score) -> TableRow:
        """The row of a satisfaction index, which runs from 0 to 100 and is no percentage."""
        if score.value is None:
            return self.none(label, score)
        value = self.marked(score, self.speech.number(score.value, 0))
        if score.low is None:
            return TableRow(label, self.n(score.n), value, self.say("no interval: all answers are the same"))
        return replace(self.score(label, score), value=value)

    def nps(self, label: str, score: Score) -> TableRow:
        """The row of a net promoter score, which may be negative and so has no place on the gauges."""
        if score.value is None:
            return self.none(label, score)
        value = self.marked(score, self.speech.number(score.value, 0))
        return TableRow(label, self.n(score.n), value, limits=self.limits(score))

    def limits(self, score: Score, decimals: int = 0) -> str:
        """The limits of a score, each kept in its place in a right-to-left language."""
        ends = {"from": score.low, "to": score.high}
        said = {
            end: f"{self.mark}{self.speech.number(limit, decimals)}{self.mark}"
            for end, limit in ends.items()
            if limit is not None
        }
        return f"({self.say('{from} to {to}', **said)})"

    def n(self, n: int | None | Absent) -> str:
        return self.speech.number(n) if isinstance(n, int) else NOTHING

    def percent(self, value: float, score: Score) -> str:
        """A percentage, as fine as the limits of its score allow."""
        return self.speech.percent(value, decimals(score))

    def marked(self, score: Score, value: str) -> str:
        return ABOUT + value if score.state == "indicative" else value

    def other(self, kind: str, label: str, score: Score) -> TableRow:
        """The row of another score than a csat, by its kind."""
        return {"nps": self.nps, "csi": self.csi}.get(kind, self.score)(label, score)


def decimals(score: Score) -> int:
    """How many decimals a percentage has: one only where the interval is so narrow that it means something."""
    return int(score.low is not None and score.high is not None and score.high - score.low < 2)
