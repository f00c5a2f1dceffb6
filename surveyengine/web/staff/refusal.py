"""That a page below /staff is not for whoever asks."""

from __future__ import annotations

from ...values.enumeration import AuditAction, Role


class Denied(Exception):
    """A request that is refused: for a role that is `needed`, or because its form was not sent from our own pages."""

    def __init__(self, action: AuditAction, needed: Role | None = None) -> None:
        super().__init__(action)
        self.action, self.needed = action, needed
