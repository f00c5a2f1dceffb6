"""Who opened which survey by which link: what a page needs to know before it decides anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from ..definitions.survey import Survey
from ..definitions.text import Values
from ..engine import Engine
from ..i18n.speech import Speech
from ..look.placeholders import Reader, placeholder_values
from ..store import customers, drafts, events, invitations
from ..store.engine.database import ANSWER
from ..store.invitations import Invitation
from ..values.enumeration import InvitationState
from ..values.link_tokens import previewed, token_hash
from .place import Placement

PREVIEW = "preview"  # stands for the invitation, so that the form of a preview counts nowhere else either


@dataclass(frozen=True)
class Visit:
    """A customer at a survey; without an invitation they came by an open link."""

    survey: Survey
    invitation: Invitation | None = None
    language: str | None = None  # the customer's, where it is known
    name: str | None = None
    timezone: str | None = None  # the customer's, where it is known
    facts: Mapping[str, object] = field(default_factory=dict)  # what the invitation's event carried
    preview: bool = False  # whether it is a look at the form, which stores nothing
    over: str | None = None  # why no new answer is taken: `closed`, `expired`; None where one is
    place: Placement = Placement()

    @property
    def is_open(self) -> bool:
        """Whether anybody with the link may answer."""
        return self.invitation is None and not self.preview

    @property
    def keeps_drafts(self) -> bool:
        """Whether partial answers are saved: only behind a personal link, never in anonymous mode."""
        return self.invitation is not None and not self.survey.is_anonymous

    @property
    def is_answered(self) -> bool:
        """Whether the invitation was answered."""
        return self.invitation is not None and self.invitation.answered_at is not None

    @property
    def invitation_id(self) -> str:
        """The id of the invitation, which a form's token carries; "" for an open link."""
        return PREVIEW if self.preview else self.invitation.id if self.invitation else ""

    @property
    def answered_at(self) -> datetime | None:
        """When the invitation was answered; None also for an anonymous survey, whose answers have only a day."""
        anonymous = self.survey.is_anonymous
        return self.invitation.answered_at if self.invitation and not anonymous else None

    def values(self, engine: Engine, speech: Speech) -> Values:
        """Return the values of placeholders in the survey's texts."""
        facts = {**self.facts, **self.place.context.facts}
        name = self.name or self.place.context.facts.get("name")
        return placeholder_values(engine.config, self.survey, facts, Reader(speech, name, self.timezone))


def by_open_link(engine: Engine, survey: str) -> Visit | None:
    """Return the visit that an open link leads to; None where there is no such survey."""
    served = engine.library.survey(survey)
    return Visit(served, over=_closed(engine, served)) if served else None


def by_personal_link(engine: Engine, token: str, now: datetime) -> Visit | None:
    """Return the visit that a personal link leads to; None for an unknown or forged one.

    Its survey is the newest version, until a form was begun, or answered, in another one.
    """
    with engine.database.read(ANSWER) as connection:
        invitation = invitations.by_token(connection, token_hash(token))
        if invitation is None or invitation.state == InvitationState.REFUSED:
            return None
        person = customers.person(connection, invitation.customer) if invitation.customer else None
        facts = events.when_and_what(connection, invitation.event)[1] if invitation.event else {}
        person = customers.as_told(person, facts) if person else None
        begun = invitation.digest if invitation.answered_at else drafts.version(connection, invitation.key)
    served = engine.library.survey(invitation.survey)
    survey = served if served and not begun else engine.library.version(begun or invitation.digest)
    if survey is None:
        return None
    over = _closed(engine, survey) or _expired(engine, invitation, now)
    visit = Visit(survey, invitation, invitation.language, facts=facts, over=over)
    if person is None:
        return visit
    language = person.language or invitation.language
    return replace(visit, language=language, name=person.name, timezone=person.timezone)


def by_preview_link(engine: Engine, token: str, now: datetime) -> Visit | None:
    """Return the visit that a preview link leads to; None for a forged one, or a survey that is gone."""
    seen = previewed(engine.secrets, token)
    served = engine.library.survey(seen[0]) if seen else None
    if seen is None or served is None:
        return None
    return Visit(served, preview=True, over="expired" if now > seen[1] else None)


def _closed(engine: Engine, survey: Survey) -> str | None:
    return "closed" if engine.library.is_closed(survey) else None


def _expired(engine: Engine, invitation: Invitation, now: datetime) -> str | None:
    """Return "expired" for an invitation that is too old, and None else, also while the clock is doubted."""
    late = invitation.expires_at is not None and now > invitation.expires_at
    return "expired" if late and engine.timekeeper.is_believed() else None
