"""Compares what the outside was told with what is stored; knows nothing of how either was come by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from .figures import Figures


@dataclass(frozen=True)
class Promised:
    """The answers that got their thank-you, the events that were answered with 202, and whom mails were taken for."""

    thanked: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    mailed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stored:
    """The answers and events of a database, the recipient and the state of each message, and whether it is whole."""

    answers: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    messages: tuple[tuple[str, str], ...] = ()
    whole: bool = True


def audit(promised: Promised, stored: Stored) -> Figures:
    """Return what was broken in one trial: a promise is kept once, neither never nor twice."""
    lost = {*promised.thanked} - {*stored.answers} | {*promised.taken} - {*stored.events}
    doubled = [*_doubled(stored.answers), *_doubled(stored.events), *_doubled(promised.mailed)]
    return Figures(
        trials=1,
        acknowledged=len({*promised.thanked}) + len({*promised.taken}),
        lost=len(lost),
        doubled=len(doubled),
        faults=tuple(_faults(promised, stored)),
        seen=Counter({"mails": len(promised.mailed), **Counter(state for _, state in stored.messages)}),
    )


def _faults(promised: Promised, stored: Stored) -> Iterable[str]:
    if not stored.whole:
        yield "the database is damaged"
    mailed = {*promised.mailed}
    yield from (f"a mail to {whom} is called sent, and no server has it" for whom, state in stored.messages
                if state == "sent" and whom not in mailed)  # fmt: skip
    yield from (f"a mail to {whom} is called {state}, and a server has it" for whom, state in stored.messages
                if state in ("planned", "failed") and whom in mailed)  # fmt: skip


def _doubled(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]
