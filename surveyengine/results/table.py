"""The report in words and gauges, for a terminal, in any language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol

from ..definitions.fault import visible
from .chart import charts
from .layout import BLANK, INTERVAL, TARGET, VALUE, Axis, Gauge, Line, Remarks, Row, lay_out
from .report import Report
from .score import INDICATIVE, OK

Names = Mapping[str, Mapping[str, str]]
"""What a business calls a stage ("purchase") or a touchpoint ("purchase/delivery"), in each language."""

STAGES = {
    "pre-purchase": "Pre-purchase",
    "purchase": "Purchase",
    "post-purchase": "Post-purchase",
    "relationship": "Relationship",
}
AMISS = {"failed": "failed {n}", "uncertain": "uncertain {n}"}
METRICS = {"nps": "NPS", "ease": "Ease", "ces": "Effort (CES)", "expectation": "Expectations met", "csi": "Index (CSI)"}
GROUPS = {"(not known)": "(not known)", "(claimed)": "(claimed)", "(other)": "(other)"}
VERDICTS = {"met": "{target} met", "missed": "{target} missed", "undecided": "{target} undecided"}
SO_FAR = {"met": "{target} met so far", "missed": "{target} missed so far", "undecided": "{target} undecided so far"}

ABOUT = "~"
"""Stands before a value that is only indicative."""
NOTHING = "–"
LEFT_TO_RIGHT_MARK = "\u200e"


class Speech(Protocol):
    """What the table asks of a language."""

    @property
    def direction(self) -> str: ...
    def words(self, text: Mapping[str, str] | str) -> str: ...
    def gettext(self, msgid: str, /, **values: object) -> str: ...
    def number(self, value: float, decimals: int | None = None) -> str: ...
    def percent(self, value: float, decimals: int = 0) -> str: ...
    def date(self, day: date) -> str: ...


@dataclass(frozen=True)
class Look:
    """How wide a table may be (it needs some 60 columns), whether in bold and dim, and what things are called."""

    columns: int = 80
    color: bool = False
    names: Names = field(default_factory=dict)


def table(report: Report, speech: Speech, look: Look | None = None) -> str:
    """The report as lines of text; in a right-to-left language the columns keep their places."""
    look = look or Look()
    mark = LEFT_TO_RIGHT_MARK if speech.direction == "rtl" else ""
    return lay_out(list(Writer(speech, look.names).lines(report)), look.columns, mark, look.color)


@dataclass(frozen=True)
class Writer:
    """Says, in one language, what stands in each line."""

    speech: Speech
    names: Names

    def say(self, message: str, **values: str) -> str:
        return self.speech.gettext(message, **values)

    def lines(self, report: Report) -> Iterator[Line]:
        yield Remarks("", [self.say("Customer satisfaction (CSAT)"), self.period(report["period"])], "bold")
        yield BLANK
        if not report["stages"]:
            yield Remarks("", [self.say("There is no survey yet.")], "")
            return
        axis = Axis(self.speech.percent(0), self.speech.percent(100))
        yield Row("", self.say("answers"), self.say("CSAT"), axis, self.say("target"), "dim")
        yield self.score(self.say("Whole journey"), report["journey"]["csat"], style="bold")
        for stage in report["stages"]:
            yield BLANK
            yield from self.stage(stage)
        yield BLANK
        yield Remarks("", self.legend(report))

    def period(self, period: Mapping[str, str]) -> str:
        days = {end: self.speech.date(date.fromisoformat(day)) for end in ("from", "to") if (day := period[end])}
        if len(days) == 2:
            return self.say("{from} to {to}", **days)
        if "from" in days:
            return self.say("from {from}", **days)
        return self.say("up to {to}", **days) if days else self.say("all answers so far")

    def stage(self, stage: Report) -> Iterator[Line]:
        name = stage["stage"]
        label = self.speech.words(self.names.get(name) or STAGES[name])
        yield self.aimed(label, stage, "bold")
        if stage["pooled"]["value"] is not None and len(stage["touchpoints"]) > 1:
            pooled = self.percent(stage["pooled"])
            yield Remarks("  ", [self.say("every answer counted once: {score}", score=pooled)])
        for touchpoint in stage["touchpoints"]:
            yield from self.touchpoint(touchpoint, name)

    def touchpoint(self, touchpoint: Report, stage: str) -> Iterator[Line]:
        yield self.aimed("  " + self.touchpoint_name(touchpoint["touchpoint"], stage), touchpoint)
        if remarks := [*self.spread(touchpoint), *self.funnel(touchpoint)]:
            yield Remarks("    ", remarks)
        for kind, message in METRICS.items():
            if kind in touchpoint:
                yield OTHERS.get(kind, Writer.score)(self, f"    {self.say(message)}", touchpoint[kind])
        for group, scores in touchpoint.get("by", {}).items():
            yield self.aimed("    " + self.group(group), scores)
        yield from charts(self.speech, touchpoint.get("questions", ()))

    def touchpoint_name(self, name: str, stage: str) -> str:
        given = self.names.get(f"{stage}/{name}")
        return self.speech.words(given) if given else name

    def aimed(self, label: str, scores: Report, style: str = "") -> Row:
        """The row of a csat with its target; words where it is not shown."""
        csat = scores["csat"]
        if scores.get("scored") is False:
            return Row(label, self.n({"n": scores["responses"]}), NOTHING, self.say("not scored"), style=style)
        row = self.score(label, csat, scores.get("target"), style)
        if csat["value"] is None or scores.get("target") is None:
            return row
        verdicts = SO_FAR if scores.get("so_far") else VERDICTS
        return replace(row, target=self.say(verdicts[scores["verdict"]], target=self.share(scores["target"])))

    def score(self, label: str, score: Report, target: float | None = None, style: str = "") -> Row:
        """The row of a percentage."""
        n = self.n(score)
        if score["value"] is None:
            return Row(label, n, NOTHING, self.why_not(score), style=style)
        gauge = Gauge(score["value"], score["low"], score["high"], target)
        return Row(label, n, self.marked(score, self.percent(score)), gauge, style=style)

    def csi(self, label: str, score: Report) -> Row:
        """The row of a satisfaction index, which runs from 0 to 100 and is no percentage."""
        if score["value"] is None:
            return self.score(label, score)
        value = self.marked(score, self.speech.number(score["value"], 0))
        if score["low"] is None:
            words = self.say("no interval: all answers are the same")
            return Row(label, self.n(score), value, words)
        return replace(self.score(label, score), value=value)

    def nps(self, label: str, score: Report) -> Row:
        """The row of a net promoter score, which may be negative and so has no place on the gauges."""
        n = self.n(score)
        if score["value"] is None:
            return Row(label, n, NOTHING, self.why_not(score))
        value, low, high = (self.speech.number(score[key], 0) for key in ("value", "low", "high"))
        return Row(label, n, self.marked(score, value), self.say("between {low} and {high}", low=low, high=high))

    def group(self, name: str) -> str:
        return self.say(GROUPS[name]) if name in GROUPS else visible(name)

    def n(self, score: Report) -> str:
        return NOTHING if score["n"] is None else self.speech.number(score["n"])

    def why_not(self, score: Report) -> str:
        if score.get("withheld"):
            return self.say("withheld, to keep answers anonymous")
        return self.say("too few answers (n < {least})", least=self.speech.number(INDICATIVE))

    def percent(self, score: Report) -> str:
        """A percentage, with a decimal only where the interval is so narrow that it means something."""
        return self.speech.percent(score["value"], int(score["high"] - score["low"] < 2))

    def share(self, target: float) -> str:
        return self.speech.percent(target, 0 if target == int(target) else 1)

    def marked(self, score: Report, value: str) -> str:
        return ABOUT + value if score["state"] == "indicative" else value

    def spread(self, touchpoint: Report) -> Iterator[str]:
        mean, dsat = touchpoint["mean"], touchpoint["dsat"]
        if mean["value"] is not None:
            yield self.say("mean {mean}", mean=self.speech.number(mean["value"], 1))
            yield self.say("dissatisfied {share}", share=self.percent(dsat))

    def funnel(self, touchpoint: Report) -> Iterator[str]:
        funnel, rate = touchpoint["funnel"], touchpoint["response_rate"]
        if funnel["invited"]:
            yield self.say("sent {n}", n=self.speech.number(funnel["sent"]))
            for state, message in AMISS.items():
                if funnel[state]:
                    yield self.say(message, n=self.speech.number(funnel[state]))
            if funnel["answered"] is not None:
                yield self.say("answered {n}", n=self.speech.number(funnel["answered"]))
        if rate["value"] is not None:
            yield self.say("response rate {share}", share=self.marked(rate, self.percent(rate)))
            if until := touchpoint["provisional_until"]:
                yield self.say("provisional until {day}", day=self.speech.date(date.fromisoformat(until)))
        for reason, n in funnel["refused"].items():
            words = self.say(reason.replace("_", " "))
            yield self.say("not asked ({reason}) {n}", reason=words, n=self.speech.number(n))

    def legend(self, report: Report) -> Sequence[str]:
        """What the signs mean; behind `~` the touchpoints that make a score indicative."""
        indicative = self.say("indicative: fewer than {n} answers", n=self.speech.number(OK))
        names = [self.touchpoint_name(one["touchpoint"], stage["stage"]) for stage in report["stages"]
                 for one in stage["touchpoints"] if one["csat"]["state"] == "indicative"]  # fmt: skip
        return [
            f"{VALUE} {self.say('score')}",
            f"{INTERVAL} {self.say('its {confidence} interval', confidence=self.speech.percent(95))}",
            f"{TARGET} {self.say('target')}",
            f"{ABOUT} {indicative}" + (f" ({', '.join(names)})" if names else ""),
        ]


OTHERS = {"nps": Writer.nps, "csi": Writer.csi}
"""The rows of what is no percentage."""
