"""Figures and what belongs to them, in the words of the terminal's report, for pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from markupsafe import Markup

from ...definitions.fault import visible
from ...definitions.text import Said
from ...i18n.speech import Speech
from ...look.markup import sentence
from ...results.change import Change
from ...results.report import Journey, StageReport, Touchpoint
from ...results.score import INDICATIVE, Score
from ...results.terminal.score_rows import METRICS, NOTHING, decimals
from ...results.terminal.table import MIX, Writer, is_judged

ARABIC_LETTER_MARK = "\u061c"
POINTS = ("nps", "csi")
"""The scores that are no percentages."""


class Remark(NamedTuple):
    """A few words about a score; `kind` is their look: a verdict, the state of a change, or nothing."""

    words: str | Markup
    kind: str = ""


@dataclass(frozen=True)
class Phrases:
    """What pages say of scores, in one language."""

    speech: Speech

    @cached_property
    def writer(self) -> Writer:
        """What says the same in the terminal."""
        return Writer(self.speech)

    def sentence(self, msgid: str, **values: Said) -> Markup:
        """Return the sentence with its values, each isolated from the direction of the words around it."""
        return sentence(self.speech.gettext(msgid), values, self.speech)

    def value(self, score: Score, kind: str = "csat") -> str:
        """Return the value of a score with its sign, and `~` where it is only indicative; a dash without one."""
        if score.value is None:
            return NOTHING
        if kind in POINTS:
            return self._kept(self.writer.marked(score, self.speech.number(score.value, 0)))
        return self._kept(self.writer.marked(score, self.speech.percent(score.value, decimals(score))))

    def large(self, score: Score, kind: str = "csat") -> Markup:
        """Return the value as the figure that a card is about, its sign smaller."""
        text = self.value(score, kind)
        number = text.rstrip("%٪")
        sign = text.removeprefix(number)
        if score.value is not None and kind in POINTS:
            sign = f" {kind.upper()}"
        small = Markup('<span class="sign">{}</span>').format(sign) if sign else ""
        return Markup('<bdi class="score">{}{}</bdi>').format(number, small)

    def percent(self, value: float) -> str:
        """Return a percentage without decimals."""
        return self._kept(self.speech.percent(value))

    def limits(self, score: Score, digits: int | None = None) -> str:
        """Return the interval of a score: "76 to 80"; nothing where it has none."""
        if score.low is None or score.high is None:
            return ""
        fine = decimals(score) if digits is None else digits
        ends = {"from": self.speech.number(score.low, fine), "to": self.speech.number(score.high, fine)}
        return self.speech.gettext("{from} to {to}", **ends)

    def base(self, n: int | None) -> str:
        """Return how many answers a score is made of; nothing where that is withheld."""
        return "" if not n else self.speech.ngettext("{count} answer", "{count} answers", n, count=n)

    def lack(self, score: Score) -> str:
        """Return why there is no score; nothing where there is one."""
        if score.value is not None:
            return ""
        if score.withheld:
            return self.capital("withheld, to keep answers anonymous")
        if not score.n:
            return self.speech.gettext("No answers")
        return self.capital("too few answers (n < {least})", least=INDICATIVE)

    def verdict(self, scores: StageReport | Touchpoint) -> Remark | None:
        """Return whether the target is met; None without one, and of a touchpoint that is only indicative."""
        is_thin = isinstance(scores, Touchpoint) and scores.csat.state != "ok"
        if not is_judged(scores) or is_thin:
            return None
        return Remark(capital(next(self.writer.verdict(scores))), scores.verdict)

    def changes(self, scores: Journey | StageReport | Touchpoint, names: Mapping[str, str]) -> Iterator[Remark]:
        """Yield how a score has changed, and without which touchpoints, by their `names`."""
        change = scores.change
        if not isinstance(change, Change) or scores.csat.value is None:
            return
        yield Remark(capital(self.writer.moved(change)), change.state)
        if change.without and change.state != "not_compared":
            without = self.list([names.get(one, one) for one in change.without])
            yield Remark(self.capital("compared without {names}", names=without))
        if isinstance(change.pooled, float) and change.state in ("changed", "small"):
            yield Remark(self.mixed(change))

    def weighted(self, scores: Journey | StageReport | Touchpoint, names: Mapping[str, str]) -> Iterator[Remark]:
        """Yield what the weighted score beside a plain one is, where it is told."""
        for words in replace(self.writer, names=names).weighted(scores):
            yield Remark(capital(words))

    def mixed(self, change: Change) -> str:
        """Return what became of the share of all answers, which moved the other way."""
        parts = {"pooled": change.pooled, "rate": change.rate, "mix": change.mix}
        return self.capital(MIX, **{name: self.writer.points(value) for name, value in parts.items()})

    def others(self, touchpoint: Touchpoint, leading: str) -> Iterator[Markup]:
        """Yield the other scores of a touchpoint, each with its interval."""
        for kind, msgid in METRICS.items():
            score = getattr(touchpoint, kind)
            if kind != leading and score and score.value is not None:
                limits = self.limits(score)
                between = Markup(" (<bdi>{}</bdi>)").format(limits) if limits else ""
                yield Markup("{} <bdi>{}</bdi>{}").format(self.speech.gettext(msgid), self.value(score, kind), between)

    def capital(self, msgid: str, **values: object) -> str:
        """Return the words of a remark as a line of its own begins."""
        return capital(self.speech.gettext(msgid, **values))

    def list(self, names: Sequence[str]) -> str:
        """Return names as one phrase, each as harmless as on a terminal."""
        return self.speech.enumeration([visible(one) for one in names])

    def _kept(self, figure: str) -> str:
        """Return a figure whose sign stays where its language writes it."""
        return ARABIC_LETTER_MARK + figure if figure.endswith("٪") else figure


def capital(words: str) -> str:
    """Return the words as a line of its own begins."""
    return words[:1].upper() + words[1:]
