"""That a page below /staff is not for whoever asks, or has no such choice."""

from __future__ import annotations

from ...values.enumeration import AuditAction, Role


class Denied(Exception):
    """A request that is refused: for a role that is `needed`, or because its form was not sent from our own pages."""

    def __init__(self, action: AuditAction, needed: Role | None = None) -> None:
        super().__init__(action)
        self.action, self.needed = action, needed


class NoChoice(Exception):
    """A parameter that a page does not take, or that is said twice: what it would do is not guessed."""

    def __init__(self, name: str, is_known: bool) -> None:
        super().__init__(name)
        self.name, self.is_known = name, is_known
