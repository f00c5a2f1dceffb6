"""How a customer stands to further invitations, in sentences: pure, from values to lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..i18n.span import span
from ..store.addresses import Bounce
from ..store.history import SharedMailbox
from ..values.enumeration import LESS_OFTEN
from ..values.msgid import N_
from .decision import REASONS, SELDOM, Limits, exceeded_limit
from .explanation import Clock


@dataclass(frozen=True)
class Standing:
    """Whether a customer may be invited again; `next` has for each survey the moment, or the word of REASONS."""

    id: str
    known_at: datetime | None  # None where only test events know of them
    left_at: datetime | None
    address_left_at: datetime | None
    next: Mapping[str, datetime | str]
    misspelt: Sequence[
        tuple[str, str]
    ] = ()  # for each address to which nothing can be sent a sentence and an {example}
    refused: Bounce | None = None  # what a mail server said of the address
    beside: Sequence[SharedMailbox] = ()
    less: Mapping[str, datetime] = field(default_factory=dict)  # scope -> since when less is wanted of it


def about_customer(standing: Standing, clock: Clock) -> Iterator[str]:
    """Yield since when the customer is known, and what keeps invitations from them."""
    yield _known(standing, clock)
    if standing.left_at:
        yield clock.say("They asked on {when} not to be invited any more.", when=clock.on(standing.left_at))
    elif standing.address_left_at:
        said = N_("On {when} somebody at their address asked not to be invited any more.")
        yield clock.say(said, when=clock.on(standing.address_left_at))
    yield from _wanting_less(standing.less, clock)
    for said, example in standing.misspelt:
        yield clock.say(said, example=example)
    if standing.refused:
        said = N_(
            "On {when} the mail server said that nobody receives at their address ({reply}); "
            "until it changes, they are not invited."
        )
        yield clock.say(said, when=clock.on(standing.refused.at), reply=clock.why(standing.refused.reply))


def _wanting_less(less: Mapping[str, datetime], clock: Clock) -> Iterator[str]:
    """Yield what somebody at the customer's address wants less of."""
    for scope, at in sorted(less.items()):
        if scope == LESS_OFTEN:
            said = N_("On {when} somebody at their address asked for at most one invitation in {span}.")
            yield clock.say(said, when=clock.on(at), span=span(SELDOM, clock.speech))
        else:
            said = N_("On {when} somebody at their address asked not to be asked about {name} any more.")
            yield clock.say(said, when=clock.on(at), name=clock.survey(scope))


def _known(standing: Standing, clock: Clock) -> str:
    if not standing.known_at:
        said = N_("Customer {id} is known from test events only. Times are those of {zone}.")
        return clock.say(said, id=standing.id, zone=clock.zone.key)
    said = N_("Customer {id} is known since {when}. Times are those of {zone}.")
    return clock.say(said, id=standing.id, when=clock.on(standing.known_at), zone=clock.zone.key)


def about_limits(standing: Standing, clock: Clock) -> Iterator[str]:
    """Yield when each survey may invite next; surveys with the same moment or reason share a line."""
    for one in standing.beside:
        told = clock.say("{survey} on {when}", survey=clock.survey(one.survey), when=clock.on(one.at))
        said = N_("Limits count customer {id} too, who has the same address: {told}.")
        yield clock.say(said, id=one.customer, told=told)
    groups: dict[datetime | str, list[str]] = {}
    for survey, when in standing.next.items():
        groups.setdefault(when, []).append(survey)
    for when, surveys in sorted(groups.items(), key=lambda group: str(group[0])):
        yield _possible(when, clock.listed(map(clock.survey, surveys)), clock)


def _possible(when: datetime | str, names: str, clock: Clock) -> str:
    """Return from when on these surveys may invite, or why they may not."""
    if isinstance(when, str):
        said = N_("No invitation to {names} is possible now, because {reason}.")
        return clock.say(said, names=names, reason=clock.say(REASONS[when]))
    if when <= clock.now:
        return clock.say("An invitation to {names} is possible at any time.", names=names)
    return clock.say("An invitation to {names} is possible again from {when} on.", names=names, when=clock.on(when))


def free_from(limits: Limits, asked: Sequence[tuple[str, datetime]], now: datetime) -> datetime:
    """Return the first moment from now on at which no limit forbids an invitation.

    Every limit ends one of its spans after an invitation, so only those moments are tried.
    """
    invite, sending = limits.invite, limits.sending
    windows = [window for window, _ in sending.at_most]
    spans = [limits.apart, sending.cooldown, invite.cooldown, invite.every or timedelta(0), *windows]
    ends = sorted({at + span for _, at in asked for span in spans if at + span > now})
    return next((at for at in (now, *ends) if exceeded_limit(limits, asked, at) is None), now)
