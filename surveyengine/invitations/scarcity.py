"""Which touchpoints get too few invitations because of the limits: pure, from past decisions and today's rules.

The past is decided once more, in its order and by today's rules, so that earlier invitations stand in the way of later.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from ..definitions.fault import Fault
from ..definitions.survey import Survey
from ..events.event import Event
from ..settings.config import SendingSettings
from ..store.decisions import Decided
from ..store.invitations import COUNTED
from ..values.enumeration import Reason
from .decision import Limits, exceeded_limit, lot_of, shares

QUARTER = timedelta(days=90)
SHORTEST = timedelta(days=14)  # of events, below which a quarter cannot be foretold
FEWEST = 30  # invitations a quarter: of those that are sent about a third are answered, and ten answers make a score


@dataclass
class Places:
    """The occasions of a touchpoint: how many are wanted, how many are left, and why the others are not asked about."""

    wanted: int = 0
    left: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)  # by the survey whose invitation stood in the way


@dataclass(frozen=True)
class Scarcity:
    """A touchpoint that gets too few invitations: of `wanted` occasions in the period, `left` are asked about."""

    survey: Survey  # the first of the touchpoint
    since: date
    until: date
    span: timedelta
    wanted: int
    left: int
    reason: str  # the limit that forbade most of the others
    taken: Sequence[tuple[str, int]]  # survey and number of invitations that stood in the way, the most first
    together: bool  # whether the busiest of these is about the same event

    def a_quarter(self, n: int) -> int:
        """Return how many that is in ninety days."""
        return round(n * (QUARTER / self.span))


def memory(surveys: Collection[Survey], sending: SendingSettings) -> timedelta:
    """Return how far back decisions are needed: a quarter, and before it the longest limit."""
    cooldowns = [survey.invite.cooldown for survey in surveys if survey.invite]
    return QUARTER + max([sending.cooldown, *cooldowns, *(window for window, _ in sending.at_most)])


def scarcities(past: Sequence[Decided], surveys: Collection[Survey], sending: SendingSettings) -> list[Scarcity]:
    """Return the touchpoints with enough occasions for a score, of which the limits leave too few.

    `past` is in the order of its events. Where it is shorter than a quarter, the counts are scaled up.
    """
    if not past:
        return []
    until = past[-1].time
    since = max(past[0].time, until - QUARTER)
    span = until - since
    if span < SHORTEST:
        return []
    asking = {survey.id: survey for survey in surveys}
    found: list[Scarcity] = []
    for touchpoint, places in replayed(past, since, asking, sending).items():
        if places.wanted * (QUARTER / span) >= FEWEST > places.left * (QUARTER / span):
            first = next(survey for survey in asking.values() if survey.touchpoint == touchpoint)
            taken = places.taken.most_common()
            found.append(
                Scarcity(
                    first,
                    since.date(),
                    until.date(),
                    span,
                    places.wanted,
                    places.left,
                    places.reasons.most_common(1)[0][0],
                    taken,
                    _about_the_same(first, asking.get(taken[0][0])),
                )
            )
    return found


def replayed(
    past: Sequence[Decided], since: datetime, surveys: Mapping[str, Survey], sending: SendingSettings
) -> Mapping[str, Places]:
    """Return each touchpoint's occasions since then, as these rules decide all of the past."""
    parts = shares(surveys.values())
    asking = {id: one for id, one in surveys.items() if one.invite and one.invite.on and not one.head.closed}
    asked: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    places: dict[str, Places] = defaultdict(Places)
    for one in _ordered(past, asking):
        survey, before = asking.get(one.survey), asked[one.person]
        if one.source is None and one.state in COUNTED:
            before.append((one.survey, one.time))  # a link or a recurring survey: no event to decide about
        if survey is None or survey.invite is None or one.source is None:
            continue
        if not _drawn(one, survey, parts):
            continue
        due = one.time + survey.invite.after
        reason = exceeded_limit(Limits(survey.id, survey.invite, sending), before, due)
        if one.time >= since:
            _count(places[survey.touchpoint], reason, _blocking(reason, survey.id, before, due))
        if reason is None:
            before.append((survey.id, due))
    return places


def _ordered(past: Sequence[Decided], asking: Mapping[str, Survey]) -> list[Decided]:
    """Return the past in order; what one event led to is ordered by today's priorities."""

    def place(one: Decided) -> tuple[datetime, str, str, int, str]:
        survey = asking.get(one.survey)
        priority = survey.invite.priority if survey and survey.invite else 0
        return one.time, one.source or "", one.id or "", -priority, one.survey

    return sorted(past, key=place)


def _drawn(one: Decided, survey: Survey, parts: Mapping[str, tuple[float, float]]) -> bool:
    """Whether the lot falls on asking; under the same rules, always the same for an occasion.

    An occasion that was undone and came again counts as the first one.
    """
    invite = survey.invite
    if invite is None:
        return False
    low, high = parts.get(survey.id, (0.0, invite.sample))
    event = Event(one.source or "", one.id or "", invite.on or "", one.time, {}, None, False)
    occasion = (one.customer or "", one.occasion, str(None)) if one.occasion else ()
    return low <= lot_of(invite.draw or survey.id, event, occasion) < high


def _blocking(reason: str | None, survey: str, before: Sequence[tuple[str, datetime]], due: datetime) -> str:
    """Return the survey whose invitation stood in the way: the survey itself, or the nearest in time; "" for none."""
    if reason in (None, Reason.SURVEY_COOLDOWN):
        return survey if reason else ""
    return min(before, key=lambda one: abs(due - one[1]))[0]


def _count(places: Places, reason: str | None, blocking: str) -> None:
    places.wanted += 1
    if reason is None:
        places.left += 1
        return
    places.reasons[reason] += 1
    places.taken[blocking] += 1


def _about_the_same(survey: Survey, other: Survey | None) -> bool:
    mine, theirs = survey.invite, other.invite if other else None
    return bool(mine and theirs and other and other.id != survey.id and mine.on == theirs.on)


def fault(found: Scarcity) -> Fault:
    """Return the warning, located at the survey's file."""
    survey = found.survey
    numbers = f"of {found.wanted} occasions to ask about {survey.touchpoint} from {found.since} to {found.until}"
    short = found.span < QUARTER
    scaled = f" (a quarter: {found.a_quarter(found.wanted)} and {found.a_quarter(found.left)})" if short else ""
    others = ", ".join(f"{id} ({n})" for id, n in found.taken[:3])
    message = (
        f"{numbers}, the limits in force leave {found.left}{scaled}, and below {FEWEST} a quarter a score hardly comes "
        f"about; the customer had just been asked by {others}"
    )
    return Fault(f"surveys/{survey.stage}/{survey.id}.toml", 1, 1, message, _remedy(found), "warning")


def _remedy(found: Scarcity) -> str:
    """Return what would give the touchpoint more invitations, from the limit that took the most."""
    busiest, own = found.taken[0][0], found.survey.id
    if found.reason == Reason.SURVEY_COOLDOWN:
        return f"shorten the `cooldown` of {busiest}"
    by_limit = "raise `at_most`" if found.reason == Reason.AT_MOST else "shorten `cooldown`"
    ways = [f"{by_limit} under [sending] in config.toml"]
    if busiest != own:
        ways.insert(0, f"lower the `sample` of {busiest}")
    if found.together:
        ways.insert(0, f"give {own} a higher `priority` than {busiest}")
    return ", or ".join(ways)
