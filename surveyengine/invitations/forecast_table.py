"""A forecast in tables and words, for a terminal, in any language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..definitions.fault import visible
from ..i18n.speech import Speech
from ..results.terminal.layout import GAP, Remarks, aligned, lay_out, padded, wide
from ..results.terminal.table import Look
from ..values.bidi import END_ISOLATE, ISOLATE, LEFT_TO_RIGHT_MARK
from ..values.msgid import N_
from .decision import REASONS
from .forecast import Forecast, SurveyForecast

NOTHING = "–"
STEPS, NO_BAR = "▁▂▃▄▅▆▇█", "·"
NARROWEST = 12  # columns of a name
MOST_BARS = 24  # that stand beside one another; of more weeks, several share a bar
BY_LOT, FIRST = N_("by lot"), N_("first come")
ASKED = (N_("survey"), N_("occasions"), BY_LOT, N_("share"), N_("wanted"), FIRST, N_("share"))
TOLD = (N_("survey"), N_("sampled"), N_("chance"), N_("lowest"), N_("no chance"), N_("answers"), "±", N_("effective"))
WEEKLY = (N_("survey"), N_("a week"), BY_LOT, FIRST)
BESIDE = (N_("survey"), N_("here"), N_("there"), N_("share"), N_("there"), "±", N_("there"))
MEANT = (
    N_("by lot, first come: invitations to be expected"),
    N_("wanted: the share that the lot gives where there are enough occasions"),
    N_("sampled: the occasions that samples and draws leave"),
    N_("chance: that one of these is asked about, in the mean"),
    N_("lowest: the chance that nine in ten have at least"),
    N_("effective: which part of the answers tells as much once they are weighted"),
)
RATES = {
    True: N_("±: by how many points a CSAT may miss; as before, {rate} answer"),
    False: N_("±: by how many points a CSAT may miss, if {rate} answer"),
}
Row = Sequence[str]


@dataclass(frozen=True)
class Teller:
    """Says a forecast in one language; the `mark` keeps columns in their places in a right-to-left one."""

    speech: Speech
    names: Mapping[str, str]
    look: Look

    @property
    def mark(self) -> str:
        """What stands between the cells."""
        return LEFT_TO_RIGHT_MARK if self.speech.direction == "rtl" else ""

    def name(self, survey: str) -> str:
        """Return what the business calls a survey."""
        return visible(self.names.get(survey, survey))

    def id(self, customer: str) -> str:
        """Return a customer's id, which has a direction of its own."""
        return f"{ISOLATE}{visible(customer)}{END_ISOLATE}" if self.mark else visible(customer)

    def number(self, value: float | None, decimals: int = 0) -> str:
        """Return a number, or that there is none."""
        return NOTHING if value is None else self.speech.number(value, decimals)

    def share(self, part: float | None) -> str:
        """Return a part as a percentage."""
        return NOTHING if part is None else self.speech.percent(100 * part)

    def words(self, *remarks: str, style: str = "dim") -> str:
        """Return remarks in lines, as many in one as fit; one that does not fit has lines of its own."""
        short = [one for one in remarks if wide(one) <= self.look.columns]
        long = [Remarks("", one.split(), style, " ") for one in remarks if one not in short]
        lines = [*([Remarks("", short, style)] if short else []), *long]
        return lay_out(lines, self.look.columns, self.mark, self.look.color)

    def table(self, heads: Sequence[str], rows: Iterable[Row]) -> str:
        """Return rows below their heads; the first column holds names, the others figures."""
        whole = [[self.speech.gettext(head) for head in heads], *rows]
        widths = [max(map(wide, column)) for column in zip(*whole, strict=True)]
        free = self.look.columns - sum(widths[1:]) - len(GAP) * (len(widths) - 1)
        widths[0] = min(widths[0], max(free, NARROWEST))
        lines = [self._line(row, widths) for row in whole]
        return lay_out([Remarks("", [lines[0]])], 10_000, self.mark, self.look.color) + "\n".join(lines[1:]) + "\n"

    def _line(self, row: Row, widths: Sequence[int]) -> str:
        cells = [padded(row[0], widths[0]), *(aligned(cell, n) for cell, n in zip(row[1:], widths[1:], strict=True))]
        return f"{self.mark}{GAP}{self.mark}".join(cells).rstrip()


def told(found: Forecast, teller: Teller) -> str:
    """Return a forecast as text: what there was, by survey, what the answers tell, by week, and who is asked most."""
    return "\n".join(filter(None, _parts(found, teller)))


def compared(here: Forecast, there: Forecast, teller: Teller) -> str:
    """Return the invitations by lot of two projects, over the same events, beside each other."""
    mine, theirs = ({one.survey: one for one in found.surveys} for found in (here, there))
    told = [id for id in {**mine, **theirs} if any(id in one and one[id].occasions for one in (mine, theirs))]
    rows = [_beside(id, mine.get(id), theirs.get(id), teller) for id in told]
    total = [teller.speech.gettext("together"), *(teller.number(one.invitations) for one in (here, there))]
    rows.append([*total, *[""] * 4])
    return teller.table(BESIDE, rows)


def _parts(found: Forecast, teller: Teller) -> Iterator[str]:
    say = teller.speech.gettext
    yield teller.words(*_head(found, teller), style="bold")
    if not found.events:
        return
    if not found.surveys:
        yield teller.words(say("No open survey asks about any event."), style="")
        return
    asked, idle = ([one for one in found.surveys if bool(one.occasions) is some] for some in (True, False))
    if asked:
        yield teller.table(ASKED, [*(_asked(one, found, teller) for one in asked), _together(found, teller)])
        yield teller.table(TOLD, [_told(one, teller) for one in asked])
        yield teller.table(WEEKLY, [_weekly(one, found, teller) for one in asked])
        yield teller.words(*_most(found, teller), style="")
    if remarks := [*_refused(found, teller), *_without(found, idle, teller)]:
        yield teller.words(*remarks, style="")
    rate = say(RATES[found.is_own_rate], rate=teller.share(found.response_rate))
    yield teller.words(*map(say, MEANT), rate)


def _head(found: Forecast, teller: Teller) -> Iterator[str]:
    speech = teller.speech
    yield speech.ngettext("{count} event", "{count} events", found.events, count=found.events)
    yield speech.ngettext("{count} customer", "{count} customers", found.customers, count=found.customers)
    if found.since and found.until:
        since, until = speech.date(found.since), speech.date(found.until)
        yield speech.gettext("{from} to {to}", **{"from": since, "to": until})
    if found.unrecognised:
        said = N_("refused, because nobody can tell what they are about: {n}")
        yield speech.gettext(said, n=found.unrecognised)
    if not found.is_drawn:
        yield speech.gettext("no two surveys compete, so that whoever comes first asks")


def _asked(one: SurveyForecast, found: Forecast, teller: Teller) -> Row:
    first = one.first_come / found.first_come if found.first_come else None
    figures = [teller.number(one.occasions), teller.number(one.invitations), teller.share(one.share)]
    return [teller.name(one.survey), *figures, teller.share(one.wanted), teller.number(one.first_come),
            teller.share(first)]  # fmt: skip


def _together(found: Forecast, teller: Teller) -> Row:
    occasions = teller.number(sum(one.occasions for one in found.surveys))
    named, figures = teller.speech.gettext("together"), [occasions, teller.number(found.invitations)]
    return [named, *figures, "", "", teller.number(found.first_come), ""]


def _told(one: SurveyForecast, teller: Teller) -> Row:
    chances = [teller.share(one.chance), teller.share(one.low), teller.number(one.uncovered)]
    answers = [teller.number(one.answers), teller.number(one.margin, 1), teller.share(one.evenness)]
    return [teller.name(one.survey), teller.number(one.sampled), *chances, *answers]


def _weekly(one: SurveyForecast, found: Forecast, teller: Teller) -> Row:
    """Return how many invitations a week has in the mean, and how they went in both worlds, in bars of one scale."""
    begins = sorted({week.begins for each in found.surveys for week in each.weeks})
    width = -(-len(begins) // MOST_BARS)
    pieces = [begins[n : n + width] for n in range(0, len(begins), width)]
    lot = {week.begins: week.invitations for week in one.weeks}
    first = {week.begins: float(week.first_come) for week in one.weeks}
    sums = [[sum(own.get(day, 0.0) for day in piece) / len(piece) for piece in pieces] for own in (lot, first)]
    highest = max(*sums[0], *sums[1]) or 1.0
    mean = teller.number(one.invitations / len(begins), 1)
    return [teller.name(one.survey), mean, *("".join(_bar(value / highest) for value in each) for each in sums)]


def _bar(part: float) -> str:
    return STEPS[min(int(part * len(STEPS)), len(STEPS) - 1)] if part else NO_BAR


def _most(found: Forecast, teller: Teller) -> Iterator[str]:
    if found.percent is not None:
        share = teller.share(found.percent / 100)
        yield teller.speech.gettext("by lot {share} of the invitations of first come", share=share)
    lot, first = found.most, found.most_first_come
    if lot and first:
        said = N_("the tenth asked most, each: {lot} by lot, {first} by first come")
        yield teller.speech.gettext(said, lot=teller.number(lot.tenth, 1), first=teller.number(first.tenth, 1))
        said = N_("asked most: {customer} with {lot} by lot, {other} with {first} by first come")
        numbers = {"lot": teller.number(lot.one, 1), "first": teller.number(first.one)}
        yield teller.speech.gettext(said, customer=teller.id(lot.customer), other=teller.id(first.customer), **numbers)


def _refused(found: Forecast, teller: Teller) -> Iterator[str]:
    """Yield what never reached the lot, and why."""
    reasons: dict[str, int] = {}
    for one in found.surveys:
        for reason, n in one.refused.items():
            reasons[reason] = reasons.get(reason, 0) + n
    for reason, n in reasons.items():
        words = teller.speech.gettext(REASONS[reason])
        yield teller.speech.gettext("not asked ({reason}) {n}", reason=words, n=teller.number(n))


def _without(found: Forecast, idle: Sequence[SurveyForecast], teller: Teller) -> Iterator[str]:
    """Yield which surveys nothing is told of, and why."""
    said = {N_("no occasions of {names}"): [one.survey for one in idle]}
    said[N_("not simulated, because no event starts them: {names}")] = [*found.recurring]
    for words, surveys in said.items():
        if surveys:
            names = teller.speech.enumeration(list(map(teller.name, surveys)))
            yield teller.speech.gettext(words, names=names)


def _beside(id: str, mine: SurveyForecast | None, other: SurveyForecast | None, teller: Teller) -> Row:
    both = (mine, other)
    invitations = [teller.number(one.invitations if one else None) for one in both]
    shares = [teller.share(one.share if one else None) for one in both]
    margins = [teller.number(one.margin if one else None, 1) for one in both]
    return [teller.name(id), *invitations, *shares, *margins]
