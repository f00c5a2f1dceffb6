"""The signed token that a form carries instead of a cookie: what it shows, to whom, and its submission's number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from itsdangerous import BadSignature, URLSafeSerializer


@dataclass(frozen=True)
class Ticket:
    """What a form was made for; its `submission` is counted once, however often it arrives."""

    submission: str
    survey: str
    digest: str
    invitation: str = ""  # the invitation's id; "" for an open link
    issued_at: datetime = datetime.fromtimestamp(0, UTC)
    selected: tuple[tuple[str, str], ...] = ()  # what a link has chosen beforehand: question and value


class Tickets:
    """Signs tickets, and reads them back."""

    def __init__(self, secret: bytes) -> None:
        self._serializer = URLSafeSerializer(secret, salt="form")

    def sign(self, ticket: Ticket) -> str:
        """Return the token that carries the ticket."""
        issued = int(ticket.issued_at.timestamp())
        content = [ticket.submission, ticket.survey, ticket.digest, ticket.invitation, issued, ticket.selected]
        return str(self._serializer.dumps(content))

    def read(self, token: str) -> Ticket | None:
        """Return the ticket in a token; None for one that we did not sign."""
        try:
            submission, survey, digest, invitation, issued, selected = self._serializer.loads(token)
        except (BadSignature, ValueError):
            return None
        pairs = tuple((question, value) for question, value in selected)
        ticket = Ticket(submission, survey, digest, invitation, datetime.fromtimestamp(issued, UTC), pairs)
        return ticket if self.sign(ticket) == token else None  # base64 can spell the same signature in several ways
