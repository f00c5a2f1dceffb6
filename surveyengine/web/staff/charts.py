"""The charts of the staff's pages. Whatever they show stands in words beside them too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import floor

from markupsafe import Markup

from ...i18n.speech import Speech
from ...look.canvas import Canvas
from ...results.score import Score

LOWEST = 50.0
"""Where the scales of scores begin, unless something lies lower."""
GAUGE = (340.0, 34.0)
INSET = 6.0
BAR = (120.0, 12.0)
LINE = (150.0, 18.0)


@dataclass(frozen=True)
class ScoreScale:
    """Percentages from `low` to 100 along a length that begins at `start`; a negative length runs back."""

    low: float
    start: float
    length: float

    def at(self, value: float) -> float:
        """Return where the value lies; what lies outside is at the end."""
        share = (min(max(value, self.low), 100) - self.low) / (100 - self.low)
        return self.start + share * self.length


def lowest(scores: Iterable[Score]) -> float:
    """Return where the scale of all these begins: at 50, or at the ten below the lowest limit."""
    limits = [one.low for one in scores if one.low is not None]
    return max(0.0, min([LOWEST, *(10.0 * floor(limit / 10) for limit in limits)]))


def gauge(speech: Speech, scores: tuple[Score, Score | None], target: float | None, low: float) -> Markup:
    """Return the line of a score: a bar for its interval, a dot, a ring for the other score, a mark for the target."""
    score, other = scores
    canvas = Canvas(*GAUGE, speech.direction)
    scale = ScoreScale(low, INSET, GAUGE[0] - 2 * INSET)
    for tick in range(int(low), 101, 10):
        canvas.line((scale.at(tick), 8), (scale.at(tick), 14), "tick")
    canvas.line((INSET, 11), (GAUGE[0] - INSET, 11), "hair")
    if score.low is not None and score.high is not None:
        canvas.bar((scale.at(score.low), 7.5), (scale.at(score.high), 14.5), "interval", 3.5)
    if target is not None:
        canvas.line((scale.at(target), 1), (scale.at(target), 20), "upright")
    if other and other.value is not None:
        canvas.dot((scale.at(other.value), 11), "hollow", 3)
    if score.value is not None:
        canvas.dot((scale.at(score.value), 11), "dot" if score.state == "ok" else "hollow", 5)
    _gauge_words(canvas, speech, scale, target)
    return canvas.svg("gauge")


def _gauge_words(canvas: Canvas, speech: Speech, scale: ScoreScale, target: float | None) -> None:
    """Write the ends of the scale and the target below it, as far as they do not meet."""
    at = scale.at(target) if target is not None else None
    if at is None or at > 48:
        canvas.text((1, 32), speech.percent(scale.low))
    if at is None or at < GAUGE[0] - 52:
        canvas.text((GAUGE[0] - 1, 32), speech.percent(100), anchor="end")
    if at is not None and target is not None:
        canvas.text((min(max(at, 10), GAUGE[0] - 10), 32), speech.number(target, 0), "ink", "middle")


def bar(speech: Speech, share: float, kind: str, before: float | None = None) -> Markup:
    """Return a share, 0 to 1, as a bar; an upright mark says what it was `before`."""
    canvas = Canvas(*BAR, speech.direction)
    length = BAR[0] - 2
    canvas.bar((1, 1), (1 + max(length * min(share, 1), 1.0 if share else 0), BAR[1] - 1), kind, 1.5)
    if before is not None:
        at = 1 + length * min(before, 1)
        canvas.line((at, 0), (at, BAR[1]), "upright")
    return canvas.svg("drawn")


def point(speech: Speech, score: Score, low: float = 0.0) -> Markup:
    """Return a score with its interval on a line from `low` to 100; hollow where it is only indicative."""
    canvas = Canvas(*LINE, speech.direction)
    scale = ScoreScale(low, 5, LINE[0] - 10)
    for tick in range(int(low), 101, 25 if low == 0 else 10):
        canvas.line((scale.at(tick), 3), (scale.at(tick), 15), "hair")
    if score.low is not None and score.high is not None:
        canvas.line((scale.at(score.low), 9), (scale.at(score.high), 9), "whisker now")
    if score.value is not None:
        canvas.dot((scale.at(score.value), 9), "dot" if score.state == "ok" else "hollow", 3.5)
    return canvas.svg("drawn")
