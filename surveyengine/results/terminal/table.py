"""The report in words and gauges, for a terminal, in any language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...definitions.fault import visible
from ...values.bidi import LEFT_TO_RIGHT_MARK
from ...values.msgid import N_
from ..change import Change
from ..difference import GroupDifference
from ..promoters import NPS
from ..record import ABSENT
from ..report import COUNTED, Funnel, Group, Journey, Period, Report, StageReport, Touchpoint
from ..score import INDICATIVE, OK
from .chart import charts
from .layout import BAR, BLANK, INTERVAL, TARGET, TARGET_INSIDE, VALUE, Axis, Line, Remarks, TableRow, lay_out
from .moves import moved
from .reasons import REASONS
from .score_rows import ABOUT, METRICS, NOTHING, ScoreRows
from .speech import TableSpeech
from .trend import PROVISIONAL, trend
from .weights import MEANT as WEIGHTED
from .weights import weighted

AMISS = {"pending": N_("not sent yet {n}"), "failed": N_("failed {n}"), "uncertain": N_("uncertain {n}")}
GROUPS = {"(not known)": N_("(not known)"), "(claimed)": N_("(claimed)"), "(other)": N_("(other)")}
VERDICTS = {
    "met": N_("target {target}: met"),
    "missed": N_("target {target}: missed"),
    "undecided": N_("target {target}: undecided"),
}
SO_FAR = {
    "met": N_("target {target}: met so far"),
    "missed": N_("target {target}: missed so far"),
    "undecided": N_("target {target}: undecided so far"),
}
MEANT = (
    N_("met: the whole interval reaches the target"),
    N_("missed: the whole interval is below it"),
    N_("undecided: the target lies within the interval"),
)

HIDDEN = N_("hidden: fewer than 10, and the next one so that it cannot be worked out")
ALONE = N_("none of the touchpoints in its score has {n} answers")
NO_NAMES: Mapping[str, str] = {}
MIX = N_("every answer counted once: {pooled} points, {rate} by scores and {mix} by how many answered where")


@dataclass(frozen=True)
class Look:
    """How wide a table may be (it needs some 60 columns), and whether in bold and dim."""

    columns: int = 80
    color: bool = False


def table(report: Report, speech: TableSpeech, look: Look | None = None, names: Mapping[str, str] = NO_NAMES) -> str:
    """The report as lines of text; in a right-to-left language the columns keep their places.

    `names` are those of touchpoints that the report may mention without listing them, by their ids.
    """
    look = look or Look()
    mark = LEFT_TO_RIGHT_MARK if speech.direction == "rtl" else ""
    return lay_out(list(Writer(speech, mark, {**names, **report.names}).lines(report)), look.columns, mark, look.color)


def compared(speech: TableSpeech, against: str, family: int) -> str:
    """Return with what each group was compared, and for how many comparisons that was corrected."""
    if against == "before":
        return speech.ngettext(
            "each compared with its own past; a single comparison, which needs no correction",
            "each compared with its own past, corrected for {count} comparisons",
            family,
            count=speech.number(family),
        )
    return speech.ngettext(
        "each compared with all others together; a single comparison, which needs no correction",
        "each compared with all others together, corrected for {count} comparisons",
        family,
        count=speech.number(family),
    )


class Writer(ScoreRows):
    """Says, in one language, what stands in each line."""

    def lines(self, report: Report) -> Iterator[Line]:
        yield Remarks("", [self.say("Customer satisfaction (CSAT)"), self.period(report.period)], "bold")
        if change := report.journey.change:
            days = self.period(Period(change.against.from_, change.against.to, report.period.timezone))
            yield Remarks("", [self.say("compared with {days}", days=days)])
        yield BLANK
        if not report.stages:
            yield Remarks("", [self.say("There is no survey yet.")], "")
            return
        axis = Axis(self.speech.percent(0), self.speech.percent(100))
        yield TableRow("", self.say("answers"), self.say("CSAT"), axis, style="dim")
        yield self.score(self.say("Whole journey"), report.journey.csat, style="bold")
        if moved := [*self.change(report.journey)]:
            yield Remarks("  ", moved, "")
        if even := [*self.weighted(report.journey)]:
            yield Remarks("  ", even)
        yield from trend(self, report.journey.trend or ())
        for stage in report.stages:
            yield BLANK
            yield from self.stage(stage)
        yield BLANK
        yield from self.legend(report)

    def period(self, period: Period) -> str:
        days = {end: self.speech.date(day) for end, day in (("from", period.from_), ("to", period.to)) if day}
        if len(days) == 2:
            return self.say("{from} to {to}", **days)
        if "from" in days:
            return self.say("from {from}", **days)
        return self.say("up to {to}", **days) if days else self.say("all answers so far")

    def stage(self, stage: StageReport) -> Iterator[Line]:
        is_asked = any("csat" in one.asks for one in stage.touchpoints)
        yield self.csat(visible(stage.name), stage, is_asked, "bold")
        if judged := [*self.verdict(stage), *self.change(stage)]:
            yield Remarks("  ", judged, "")
        if even := [*self.weighted(stage)]:
            yield Remarks("  ", even)
        if stage.pooled.value is not None and len(stage.touchpoints) > 1:
            pooled = self.percent(stage.pooled.value, stage.pooled)
            yield Remarks("  ", [self.say("every answer counted once: {score}", score=pooled)])
        yield from trend(self, stage.trend or ())
        for touchpoint in stage.touchpoints:
            yield from self.touchpoint(touchpoint)

    def touchpoint(self, touchpoint: Touchpoint) -> Iterator[Line]:
        yield self.head("  " + visible(touchpoint.name), touchpoint)
        if judged := [*self.verdict(touchpoint), *self.change(touchpoint)]:
            yield Remarks("    ", judged, "")
        if even := [*self.weighted(touchpoint)]:
            yield Remarks("    ", even)
        if remarks := [*self.spread(touchpoint), *self.again(touchpoint), *self.funnel(touchpoint)]:
            yield Remarks("    ", remarks)
        if day := touchpoint.counted_until:
            yield Remarks("    ", self.say(COUNTED, day=self.speech.date(day)).split(), separator=" ")
        for kind, message in METRICS.items():
            if score := getattr(touchpoint, kind):
                yield self.other(kind, f"    {self.say(message)}", score)
            if kind == NPS and touchpoint.nps_change and score.state == "ok":
                yield Remarks("      ", [self.moved(touchpoint.nps_change)], "")
        yield from self.groups(touchpoint.by or {})
        yield from trend(self, touchpoint.trend or (), touchpoint.new_versions or ())
        yield from charts(self.speech, touchpoint.questions or ())

    def head(self, label: str, touchpoint: Touchpoint) -> TableRow:
        """The row of a touchpoint's csat, or of the responses to what is not scored."""
        if touchpoint.scored is False:
            return TableRow(label, self.n(touchpoint.responses), NOTHING, self.say("not scored"))
        return self.csat(label, touchpoint, "csat" in touchpoint.asks)

    def csat(self, label: str, scores: StageReport | Touchpoint, is_asked: bool, style: str = "") -> TableRow:
        """The row of a csat; words where there is none."""
        if isinstance(scores, StageReport) and scores.is_thin:
            return TableRow(label, NOTHING, NOTHING, self.say(ALONE, n=self.speech.number(INDICATIVE)), style=style)
        if not is_asked and not scores.csat.n:
            return TableRow(label, NOTHING, NOTHING, self.say("no satisfaction question"), style=style)
        return self.score(label, scores.csat, scores.target, style)

    def verdict(self, scores: StageReport | Touchpoint) -> Iterator[str]:
        """Whether the target is met, where there is one and something to compare with it."""
        if scores.target is not None and is_judged(scores):
            verdict = (SO_FAR if scores.so_far else VERDICTS)[scores.verdict]
            yield self.say(verdict, target=self.share(scores.target))

    def change(self, scores: Journey | StageReport | Touchpoint) -> Iterator[str]:
        """How a score has changed, where that can be told; why not is said of a score that stands without reserve."""
        change = scores.change
        if not change or change.state == "not_compared" and scores.csat.state != "ok":
            return
        yield self.moved(change)
        if change.without and change.state != "not_compared":
            yield self.say("compared without {names}", names=self.called(change.without))
        if change.pooled is not ABSENT:
            parts = {"pooled": change.pooled, "rate": change.rate, "mix": change.mix}
            yield self.say(MIX, **{name: self.points(value) for name, value in parts.items()})

    def weighted(self, scores: Journey | StageReport | Touchpoint) -> Iterator[str]:
        """What the weighted score beside a plain one is, where both are told."""
        if (one := scores.weighted) and scores.csat.value is not None:
            value = "" if one.csat.value is None else self.marked(one.csat, self.percent(one.csat.value, one.csat))
            target = None if isinstance(scores, Journey) else scores.target
            words = VERDICTS if isinstance(scores, Journey) or not scores.so_far else SO_FAR
            judged = self.say(words[one.verdict], target=self.share(target or 0)) if one.verdict else ""
            yield from weighted(self, one, value, None if target is None else judged)

    def moved(self, found: Change | GroupDifference) -> str:
        """What a change, or a difference, is, in words."""
        return moved(self, found)

    def groups(self, groups: Mapping[str, Group]) -> Iterator[Line]:
        """The row of each group, and beneath it its difference where it was tested; last, against how many others."""
        family = 0
        for name, group in groups.items():
            yield self.part("    " + self.group(name), group)
            if group.difference and group.difference.value is not None:
                yield Remarks("      ", [self.moved(group.difference)])
                family, against = group.difference.family, group.difference.against
        if family:
            yield Remarks("    ", compared(self.speech, against, family).split(), separator=" ")

    def part(self, label: str, group: Group) -> TableRow:
        """The row of a group; words where its answers are hidden."""
        if not group.hidden or not group.csat.withheld:
            return self.score(label, group.csat)
        return TableRow(label, NOTHING, NOTHING, self.say(HIDDEN))

    def group(self, name: str) -> str:
        return self.say(GROUPS[name]) if name in GROUPS else visible(name)

    def share(self, target: float) -> str:
        return self.speech.percent(target, 0 if target == int(target) else 1)

    def again(self, touchpoint: Touchpoint) -> Iterator[str]:
        """How many answers tell as much, where some customers gave several."""
        if touchpoint.csat.design_effect:
            n = self.speech.number(round(touchpoint.csat.independent))
            yield self.say("some customers answered more than once: the limits are those of {n} answers", n=n)

    def spread(self, touchpoint: Touchpoint) -> Iterator[str]:
        mean, dsat = touchpoint.mean, touchpoint.dsat
        if mean.value is not None and dsat.value is not None:
            yield self.say("mean {mean}", mean=self.speech.number(mean.value, 1))
            yield self.say("dissatisfied {share}", share=self.percent(dsat.value, dsat))

    def funnel(self, touchpoint: Touchpoint) -> Iterator[str]:
        funnel, rate = touchpoint.funnel, touchpoint.response_rate
        if funnel.invited:
            yield self.invited(funnel)
            for state, n in amiss(funnel).items():
                yield self.say(AMISS[state], n=self.speech.number(n))
        if rate.value is not None:
            yield self.say("response rate {share}", share=self.marked(rate, self.percent(rate.value, rate)))
            if until := touchpoint.provisional_until:
                yield self.say("provisional until {day}", day=self.speech.date(until))
                if touchpoint.provisional_open:
                    yield self.say("still open {n}", n=self.speech.number(touchpoint.provisional_open))
        for reason, n in funnel.refused.items():
            words = self.say(REASONS.get(reason) or reason.replace("_", " "))  # an older engine may have had others
            yield self.say("not asked ({reason}) {n}", reason=words, n=self.speech.number(n))

    def invited(self, funnel: Funnel) -> str:
        """How many were asked, and how many of them answered where that is told."""
        sent = self.speech.number(funnel.sent)
        if funnel.answered is None:
            return self.say("invited {n}", n=sent)
        return self.say("invited {n}, of whom {answered} answered", n=sent,
                        answered=self.speech.number(funnel.answered))  # fmt: skip

    def legend(self, report: Report) -> Iterator[Line]:
        """What the signs mean; behind `~` the touchpoints that make a score indicative."""
        indicative = self.say("indicative: fewer than {n} answers", n=self.speech.number(OK))
        places = report.touchpoints
        names = [visible(one.name) for one in places if one.csat.state == "indicative"]
        signs = {
            VALUE: self.say("score"),
            f"{INTERVAL} (…)": self.say("its {confidence} interval", confidence=self.speech.percent(95)),
            f"{TARGET} {TARGET_INSIDE}": self.say("target"),
            ABOUT: indicative + (f" ({', '.join(names)})" if names else ""),
            NOTHING: self.say("none, or not shown"),
        }
        if report.journey.trend is not ABSENT:
            signs[PROVISIONAL] = self.say("provisional: more answers can come")
        if any(one.questions is not ABSENT for one in places):
            signs[BAR] = self.say("share of those who answered")
        yield Remarks("", [f"{sign} {meaning}" for sign, meaning in signs.items()])
        if report.journey.weighted:
            yield Remarks("", [self.say(WEIGHTED)])
        judged: list[StageReport | Touchpoint] = [*report.stages, *places]
        if any(map(is_judged, judged)):
            yield Remarks("", list(map(self.say, MEANT)))


def is_judged(scores: StageReport | Touchpoint) -> bool:
    """Whether a target is compared with a score."""
    return scores.target is not None and scores.csat.value is not None


def amiss(funnel: Funnel) -> Mapping[str, int]:
    """How many invitations have not arrived as they should, or may not have, by what is amiss with them."""
    pending = max(funnel.invited - funnel.sent - funnel.failed, 0)
    found = {"pending": pending, "failed": funnel.failed, "uncertain": funnel.uncertain}
    return {state: n for state, n in found.items() if n}
