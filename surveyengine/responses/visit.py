"""Who opened which survey by which link: what a page needs to know before it decides anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    preview_until: datetime | None = None  # for a look at the form, which stores nothing
    place: Placement = Placement()

    @property
    def preview(self) -> bool:
        """Whether nothing is to be stored."""
        return self.preview_until is not None

    @property
    def is_open(self) -> bool:
        """Whether whoever has the link may answer."""
        return self.invitation is None and not self.preview

    @property
    def keeps_drafts(self) -> bool:
        """Whether a form that was begun is kept until it is sent: where we know whose it is, and may know it."""
        return self.invitation is not None and not self.survey.is_anonymous

    @property
    def invitation_id(self) -> str:
        """The id of the invitation, which a form's token carries; "" for an open link."""
        return PREVIEW if self.preview else self.invitation.id if self.invitation else ""

    @property
    def answered_at(self) -> datetime | None:
        """When the invitation was answered, as far as that may be told: of an anonymous answer only the day is kept."""
        anonymous = self.survey.is_anonymous
        return self.invitation.answered_at if self.invitation and not anonymous else None

    def values(self, engine: Engine, speech: Speech) -> Values:
        """Return what placeholders stand for."""
        facts = {**self.facts, **self.place.context.facts}
        name = self.name or self.place.context.facts.get("name")
        return placeholder_values(engine.config, self.survey, facts, Reader(speech, name, self.timezone))


def by_open_link(engine: Engine, survey: str) -> Visit | None:
    """Return the visit that an open link leads to; None where there is no such survey."""
    served = engine.library.survey(survey)
    return Visit(served) if served else None


def by_personal_link(engine: Engine, token: str) -> Visit | None:
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
    if person is None:
        return Visit(survey, invitation, invitation.language, facts=facts)
    return Visit(survey, invitation, person.language or invitation.language, person.name, person.timezone, facts)


def by_preview_link(engine: Engine, token: str) -> Visit | None:
    """Return the visit that a link for a look leads to; None for a forged one, or a survey that is no more."""
    seen = previewed(engine.secret, token)
    served = engine.library.survey(seen[0]) if seen else None
    return Visit(served, preview_until=seen[1]) if served and seen else None


def ended(engine: Engine, visit: Visit, now: datetime) -> str | None:
    """Return why no new answer is taken: `closed`, `expired`; None where one is.

    A clock that is doubted turns nobody away.
    """
    if visit.preview_until:
        return "expired" if now > visit.preview_until else None
    if engine.library.is_closed(visit.survey):
        return "closed"
    expires = visit.invitation.expires_at if visit.invitation else None
    return "expired" if expires and now > expires and engine.timekeeper.is_believed() else None
