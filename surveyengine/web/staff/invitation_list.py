"""The invitations behind a number of a funnel: exactly those that it counts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from flask import Response, request

from ...definitions.fault import visible
from ...engine import Engine
from ...i18n.speech import Speech
from ...results.disclosure import Detail
from ...results.funnels import counted_surveys
from ...results.kept import counted_until
from ...results.terminal.reasons import REASONS
from ...results.versions import hiding
from ...store import customers, invitation_list
from ...store.engine.database import REPORT
from ...store.funnel import SENT
from ...store.invitation_list import CountedInvitation, InvitationFilter
from ...values.enumeration import AuditAction, InvitationState, Role
from ...values.msgid import N_
from ...values.period import ALWAYS, DateRange
from ..services import services
from . import access, counted, filters, frame, paging
from .access import allowed
from .filters import ChosenFilter
from .missing import missing
from .period import LONGEST_SHOWN, UnknownPeriod
from .phrases import Phrases

bp = access.addresses("invitation_list")

PAGE = 50
NAMES = ("touchpoint", "from", "to", "step", "reason")
NOT_ASKED = N_("Not asked")
ONWARD = N_("To the sending of today")
STATES: Mapping[str, str] = {
    InvitationState.REFUSED: NOT_ASKED,
    InvitationState.PLANNED: N_("not sent yet"),
    InvitationState.SENT: N_("sent"),
    InvitationState.FAILED: N_("could not be delivered"),
    InvitationState.UNCERTAIN: N_("may not have arrived"),
}
EVERY_STEP = "events"
STEPS: Mapping[str, tuple[str, Sequence[InvitationState]]] = {
    EVERY_STEP: (N_("Events"), tuple(InvitationState)),
    "refused": (NOT_ASKED, (InvitationState.REFUSED,)),
    "invited": (N_("Invited"), tuple(state for state in InvitationState if state is not InvitationState.REFUSED)),
    "pending": (N_("not sent yet"), (InvitationState.PLANNED,)),
    "sent": (N_("Sent"), SENT),
    "failed": (N_("could not be delivered"), (InvitationState.FAILED,)),
    "uncertain": (N_("may not have arrived"), (InvitationState.UNCERTAIN,)),
    "answered": (N_("Answered"), SENT),
}
"""The steps of a funnel: how each is called, and the states that it counts."""
NO_STEP = N_("There is no step “{value}” between an event and its answer.")
NO_TOUCHPOINT = N_("There is no touchpoint “{value}”.")
NOT_TOLD = N_("Who has answered is not told of this survey, or was not told once.")
NO_PLACE = N_("“{value}” is no place in this list.")


class FunnelList(NamedTuple):
    """The lists behind a funnel of some days: of one touchpoint, or of all."""

    days: DateRange
    touchpoint: str = ""

    def url(self, step: str, reason: str = "") -> str:
        """Return the address of the invitations that a step counts, or of those not asked for that reason."""
        ends = {"from": self.days.since, "to": self.days.until}
        said = {"touchpoint": self.touchpoint, **ends, "step": step, "reason": reason}
        return frame.below(f"invitations/?{urlencode({name: value for name, value in said.items() if value})}")


class ShownInvitation(NamedTuple):
    """An invitation in words."""

    url: str
    day: str
    survey: str
    customer: str
    became: str


def behind(days: DateRange, touchpoint: str = "") -> FunnelList | None:
    """Return the lists behind a funnel, for whoever may see customers; None where they hold fewer than it counts."""
    engine = services().engine
    if not access.reader().role.covers(Role.OPERATOR):
        return None
    with engine.database.read(REPORT) as connection:
        gone = counted_until(engine, connection, days)
    return FunnelList(days, touchpoint) if gone.keys().isdisjoint(_ids(_places(engine, touchpoint))) else None


def tells_answered(engine: Engine, touchpoint: str) -> bool:
    """Whether the list of those who answered may be shown: each version of the surveys tells whose answers are."""
    with engine.database.read(REPORT) as connection:
        return hiding(engine, connection, Detail.ANSWERED).isdisjoint(_ids(_places(engine, touchpoint)))


@bp.get("/invitations/")
@allowed(Role.OPERATOR, *NAMES, paging.PARAMETER)
def listed() -> Response:
    """The invitations of a step of the funnel."""
    engine, speech = services().engine, access.speech()
    try:
        step, wanted = _wanted(engine, request.args)
        before = place(request.args.get(paging.PARAMETER))
    except UnknownPeriod as error:
        said = Phrases(speech).sentence(error.msgid, **error.values)
        return missing("sending", said, (frame.below("sending/"), speech.gettext(ONWARD)), 400)
    with engine.database.read(REPORT) as connection:
        n = invitation_list.total(connection, wanted)
        found = invitation_list.newest(connection, wanted, before, PAGE + 1)
        names = customers.names(connection, {one.customer for one in found if one.customer})
        veiled = hiding(engine, connection, Detail.ANSWERED)  # of which, therefore, it is not told who was reminded
    if any(one.customer for one in found):
        access.noted(AuditAction.VIEWED, f"invitations?{urlencode(_said())}")
    older = urlencode({**_said(), paging.PARAMETER: found[PAGE - 1].key}) if len(found) > PAGE else ""
    return frame.page(
        "invitations.html",
        "sending",
        n=n,
        rows=list(_rows(engine, [_unveiled(one, veiled) for one in found[:PAGE]], names, speech)),
        chosen=list(_chosen(engine, wanted, step, speech)),
        older=f"?{older}" if older else "",
        counted=counted.told(wanted.days, _ids(wanted.touchpoints), speech),
        home=frame.below("invitations/"),
        back=frame.below("sending/"),
    )


def _said() -> dict[str, str]:
    return {name: request.args[name] for name in NAMES if request.args.get(name)}


def _wanted(engine: Engine, said: Mapping[str, str]) -> tuple[str, InvitationFilter]:
    """Return the step that an address names, and which invitations are meant; raises UnknownPeriod."""
    step, touchpoint = said.get("step") or EVERY_STEP, said.get("touchpoint", "")
    if step not in STEPS:
        raise UnknownPeriod(NO_STEP, value=step[:LONGEST_SHOWN])
    places = _places(engine, touchpoint)
    if not places:
        raise UnknownPeriod(NO_TOUCHPOINT, value=touchpoint[:LONGEST_SHOWN])
    if step == "answered" and not tells_answered(engine, touchpoint):
        raise UnknownPeriod(NOT_TOLD)
    days = filters.read({name: said[name] for name in ("from", "to") if said.get(name)}, engine).meant.days
    return step, InvitationFilter(places, days, STEPS[step][1], said.get("reason"), step == "answered")


def _places(engine: Engine, touchpoint: str) -> Mapping[str, Sequence[str]]:
    """Return the surveys that the funnel of a touchpoint counts, or those of all."""
    places = counted_surveys(engine)
    return {name: ids for name, ids in places.items() if touchpoint in ("", name)}


def _ids(places: Mapping[str, Collection[str]]) -> set[str]:
    return {id for each in places.values() for id in each}


def place(text: str | None) -> int | None:
    """Return the key behind which a page of a list begins; None for the first one. Raises UnknownPeriod."""
    if text and not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise UnknownPeriod(NO_PLACE, value=text[:LONGEST_SHOWN])
    return int(text) if text else None


def _chosen(engine: Engine, wanted: InvitationFilter, step: str, speech: Speech) -> Iterator[ChosenFilter]:
    """Yield each thing that limits the list in words, with the address of the list without it."""
    if step != EVERY_STEP:
        yield ChosenFilter(speech.gettext(STEPS[step][0]), _without("step", "reason"))
    if wanted.reason:
        words = speech.gettext(REASONS.get(wanted.reason, visible(wanted.reason[:LONGEST_SHOWN])))
        yield ChosenFilter(words, _without("reason"))
    if request.args.get("touchpoint"):
        called = [one.name for one in engine.library.surveys.values() if one.touchpoint in wanted.touchpoints]
        yield from (ChosenFilter(speech.words(name), _without("touchpoint")) for name in called[:1])
    if wanted.days != ALWAYS:
        yield ChosenFilter(filters.days(wanted.days, speech), _without("from", "to"))


def _without(*names: str) -> str:
    """Return the query of the list without some of what limits it."""
    left = urlencode({name: value for name, value in _said().items() if name not in names})
    return f"?{left}" if left else ""


def _unveiled(one: CountedInvitation, veiled: Collection[str]) -> CountedInvitation:
    return one._replace(reminded=False) if one.survey in veiled else one


def _rows(
    engine: Engine, found: Sequence[CountedInvitation], names: Mapping[str, str], speech: Speech
) -> Iterator[ShownInvitation]:
    for one in found:
        survey = engine.library.survey(one.survey)
        became = speech.gettext(STATES[one.state])
        became = speech.gettext("{state}, and reminded", state=became) if one.reminded else became
        reason = speech.gettext(REASONS.get(one.reason, one.reason)) if one.reason else ""
        yield ShownInvitation(
            frame.below(f"invitations/{one.id}"),
            speech.date(one.day),
            speech.words(survey.name) if survey else one.survey,
            visible(names.get(one.customer or "", one.customer or "")),
            f"{became} ({reason})" if reason else became,
        )
