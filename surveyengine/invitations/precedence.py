"""Which invitation leaves where the limits do not allow all of them: the one about the newest event."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..definitions.survey import Invite
from ..settings.config import SendingSettings
from ..store.sendings import PUNCTUAL
from .decision import Limits, exceeded_limit
from .occasion import EventKey


@dataclass(frozen=True)
class Candidate:
    """An invitation that is planned and not claimed, or one that is about to be planned; the latter has no `key`."""

    key: int | None
    survey: str
    invite: Invite
    event: EventKey
    happened: datetime
    planned: datetime  # when the event came to light
    leaves: datetime

    @property
    def overdue(self) -> bool:
        """Whether the invitation ought to have left before its event came to light."""
        return self.happened + self.invite.after + PUNCTUAL < self.planned

    def yields_to(self, event: EventKey) -> bool:
        """Whether this may give way to an invitation about that event."""
        return self.overdue and not self.invite.exempt and self.event != event

    @property
    def rank(self) -> tuple[bool, datetime, int, EventKey]:
        """The order of precedence: what is not overdue, then the newest event, then the highest priority."""
        return not self.overdue, self.happened, self.invite.priority, self.event


def give_way(
    candidates: Iterable[Candidate], asked: Sequence[tuple[str, datetime]], sending: SendingSettings
) -> dict[int | None, str]:
    """Return the keys of the candidates that the limits forbid beside those of higher rank, each with its limit.

    `asked` are the customer's other invitations, as for `exceeded_limit`.
    """
    taken, refused = list(asked), {}
    for one in sorted(candidates, key=lambda one: one.rank, reverse=True):
        if limited := exceeded_limit(Limits(one.survey, one.invite, sending), taken, one.leaves):
            refused[one.key] = limited
        else:
            taken.append((one.survey, one.leaves))
    return refused
