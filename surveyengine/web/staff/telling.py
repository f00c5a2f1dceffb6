"""What may be concluded about a touchpoint, as sentences: they carry the conclusion, a chart lets one check it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from ...definitions.text import Said
from ...results.attention import Attention, LowestGroup
from ...results.change import LEAST, Change
from ...results.report import Touchpoint
from ...results.score import INDICATIVE, OK, Verdict
from ...results.weighting import LEAST as LEAST_WEIGHTED
from ...results.weighting import WeightedScore
from ...values.msgid import N_
from . import comparison
from .period import PagePeriod, named
from .phrases import Phrases

SCORE = N_("Of the answers about {name} in {days}, {score} are satisfied.")
THIN = N_("That is an indication only, from {answers}: nothing is concluded from fewer than {n}.")
FEW = N_("There are too few answers to show a score: at least {n} are needed.")
HELD = N_("The answers are anonymous, and come out in blocks of months; until then nothing of them is shown.")
UNASKED = N_("The surveys here do not ask about satisfaction.")
CHANGES = {
    "up": N_("That is {value} points more than in {before}, and more than chance explains ({from} to {to} more)."),
    "down": N_("That is {value} points less than in {before}, and more than chance explains ({from} to {to} less)."),
    "small": N_("Since {before} it has changed by more than chance explains, but by less than {points} points."),
    "none": N_("There is no evidence of a change since {before}."),
    "not_compared": N_("It is not compared with {before}: one of the two has fewer than {n} answers."),
}
VERDICTS = {
    "met": N_("Even the lower end of the interval reaches the target of {target}."),
    "missed": N_("Even the upper end of the interval stays below the target of {target}."),
    "undecided": N_("The target of {target} lies within the interval, so that it is undecided."),
}
RUNNING = N_("The period still runs.")
WEIGHTED = N_(
    "Weighted by the chance that each customer had of being asked, {score} are satisfied ({limits}); that is worth {n}"
    " answers of equal weight."
)
UNWEIGHTED = N_("There is no weighted score: the answers whose chance is known are worth fewer than {n}.")
IN_WEIGHTED = N_("Answers by open links, and anonymous or confidential ones, are not in the weighted score.")
UNCOVERED = N_("{share} of the occasions had no chance of being asked about: no weight speaks for them.")
UNJUDGED = N_("It is not held against the target, for which it has to be worth {n} answers.")
WEIGHTED_VERDICTS: dict[Verdict, str] = {
    "met": N_("Weighted, even the lower end of the interval reaches the target of {target}."),
    "missed": N_("Weighted, even the upper end of the interval stays below the target of {target}."),
    "undecided": N_("Weighted, the target of {target} lies within the interval."),
}
LEADS = {
    "missed_and_falling": N_("{name} misses its target and is falling: {score} satisfied, after {before} ({days})."),
    "missed": N_("{name} misses its target of {target}: {score} satisfied ({limits})."),
    "falling": N_("{name} is falling: {score} satisfied, after {before} ({days})."),
    "undelivered": N_("Invitations about {name} do not arrive: {failed} of {invited} could not be delivered."),
    "late": N_("Invitations about {name} do not leave: {late} have not left in time."),
    "failed_and_late": N_(
        "Invitations about {name} do not arrive: {failed} could not be delivered, and {late} have not left in time."
    ),
    "unanswered": N_("Fewer customers answer about {name}: {rate} of the invitations, after {before} ({days})."),
    "lowest": N_("Nothing stands out. The lowest is {name}: {score} satisfied ({limits})."),
}


SEGMENT = N_(
    "The difference is greatest at {field} {group}: {score} satisfied, {value} points below the rest ({from} to {to})."
)


@dataclass(frozen=True)
class TouchpointTelling:
    """Puts what a report says of touchpoints into sentences, for a period."""

    phrases: Phrases
    shown: PagePeriod

    def sentences(self, one: Touchpoint) -> Iterator[Markup]:
        """Yield the sentences about a touchpoint."""
        if one.csat.value is None:
            yield self._lack(one)
            return
        yield self._say(SCORE, **self._values(one))
        if one.csat.state != "ok":
            yield self._say(THIN, answers=self.phrases.base(one.csat.n), n=OK)
            return
        if isinstance(one.change, Change):
            yield self._change(one.change)
        if one.target is not None:
            yield self._say(VERDICTS[one.verdict], target=self.phrases.percent(one.target))
        if one.so_far:
            yield self._say(RUNNING)

    def weighted(self, one: Touchpoint) -> Iterator[Markup]:
        """Yield the sentences about the weighted score of a touchpoint, where it is told."""
        if not isinstance(found := one.weighted, WeightedScore):
            return
        if found.csat.value is None:
            yield self._say(UNWEIGHTED, n=INDICATIVE)
        else:
            shown: dict[str, Said] = {
                "score": self.phrases.value(found.csat),
                "limits": self.phrases.limits(found.csat),
            }
            yield self._say(WEIGHTED, **shown, n=round(found.n_eff))
            if one.target is not None:
                yield self._judged(found, one.target)
        if found.uncovered:
            share = self.phrases.speech.percent(found.uncovered, int(found.uncovered < 1))
            yield self._say(UNCOVERED, share=share)
        yield self._say(IN_WEIGHTED)

    def _judged(self, found: WeightedScore, target: float) -> Markup:
        if not found.verdict:
            return self._say(UNJUDGED, n=LEAST_WEIGHTED)
        return self._say(WEIGHTED_VERDICTS[found.verdict], target=self.phrases.percent(target))

    def lead(self, found: Attention) -> Markup:
        """Return the sentence about the one thing to look at."""
        one, say = found.touchpoint, self.phrases
        change = found.rate or (one.change if isinstance(one.change, Change) else None)
        before = say.percent(found.before) if found.before is not None else ""
        said: dict[str, Said] = {
            "before": before,
            "days": self._before(change) if change else "",
            "failed": one.funnel.failed,
            "late": found.late,
        }
        target = say.percent(one.target) if one.target is not None else ""
        more: dict[str, Said] = {"limits": say.limits(one.csat), "target": target, "invited": one.funnel.invited}
        more["rate"] = say.value(one.response_rate)
        kind: str = found.rule
        if found.rule == "undelivered" and found.late:
            kind = "failed_and_late" if one.funnel.failed else "late"
        return self._say(LEADS[kind], **{**self._values(one), **said, **more})

    def segment(self, found: LowestGroup) -> Markup:
        """Return the sentence about the group that lies furthest below the others."""
        difference, say = found.group.difference, self.phrases
        numbers = [difference.value, difference.low, difference.high] if difference else []
        low, value, high = sorted(abs(number or 0.0) for number in numbers)
        points = {"value": say.writer.points(value), "from": say.writer.points(low), "to": say.writer.points(high)}
        called = {"field": comparison.called(found.field, say), "group": say.writer.group(found.name)}
        return self._say(SEGMENT, score=say.value(found.group.csat), **called, **points)

    def _lack(self, one: Touchpoint) -> Markup:
        if one.csat.withheld:
            return self._say(HELD)
        if "csat" not in one.asks and not one.csat.n:
            return self._say(UNASKED)
        return self._say(FEW, n=INDICATIVE)

    def _change(self, change: Change) -> Markup:
        values: dict[str, Said] = {"before": self._before(change), "points": int(LEAST), "n": OK}
        kind: str = change.state
        if change.value is not None and change.low is not None and change.high is not None:
            low, high = sorted(map(abs, (change.low, change.high)))
            points = {"value": abs(change.value), "from": low, "to": high}
            values |= {name: self.phrases.writer.points(value) for name, value in points.items()}
            kind = ("up" if change.value > 0 else "down") if change.state == "changed" else change.state
        return self._say(CHANGES[kind], **values)

    def _values(self, one: Touchpoint) -> Mapping[str, Said]:
        days = named(self.shown.since, self.shown.until, self.phrases.speech)
        return {"name": one.name, "days": days, "score": self.phrases.value(one.csat)}

    def _before(self, change: Change) -> str:
        return named(change.against.from_, change.against.to, self.phrases.speech, self.shown.since)

    def _say(self, msgid: str, **values: Said) -> Markup:
        return self.phrases.sentence(msgid, **values)
