"""The engine with something broken on purpose: `python -m tests.campaigns.variant WHAT[,WHAT] ARGUMENT…`.

A campaign that does not notice what is broken here would notice nothing.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Self

import apscheduler.schedulers.base
from sqlalchemy import update

from surveyengine import clock, timekeeper
from surveyengine.channels.smtp import SmtpTransport
from surveyengine.cli import main
from surveyengine.invitations import delivery
from surveyengine.serving import worker
from surveyengine.store import sendings
from surveyengine.store.engine import local, wal_sync
from surveyengine.store.schema import sending

CLOCK = "clock"  # the file in a project that says by how many seconds its clock is off


def impatient() -> None:
    """Leases of a second: nothing is broken, and a campaign need not wait for minutes."""
    delivery.LEASE, worker.RECOVER_EVERY = timedelta(seconds=1), 1


def unfenced() -> None:
    """A worker that does not look whether its claim is still its own."""

    def move(connection: Any, claimed: Any, states: object, values: Any) -> bool:
        anew = {"sent_at": None, "reason": None, **values}  # or the table's own checks would stop it
        connection.execute(update(sending).where(sending.c.key == claimed.key).values(**anew))
        return True

    sendings._move = move


def repeating() -> None:
    """A worker that sends again what a mail server may have."""
    SmtpTransport.repeatable = True


def unsynced() -> None:
    """An engine that never waits for the disk."""
    setattr(local, "PRAGMAS", (*local.PRAGMAS, "synchronous=OFF"))  # noqa: B010  # the last one holds
    wal_sync._sync = lambda file: None


def forgiving() -> None:
    """An engine that goes on after the disk has failed, and takes another sync's success for its own."""
    strict = wal_sync._sync

    def sync(file: int) -> None:
        try:
            strict(file)
        except OSError:
            os.fsync(file)

    wal_sync._sync = sync


def shifted() -> None:
    """Clocks that are off by what a file says, and believed again after a second: nothing else is broken."""
    file = Path(sys.argv[sys.argv.index("--project") + 1]) / CLOCK

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(datetime.now().timestamp() + float(file.read_text()), tz)

    for module in (timekeeper, apscheduler.schedulers.base):
        setattr(module, "datetime", Shifted)  # noqa: B010  # which mypy would take for the name of a type
    clock.AGREED, timekeeper.EVERY = 1.0, 0.2


def believing() -> None:
    """An engine that takes what its clock shows for the time."""
    setattr(timekeeper.Timekeeper, "moment", lambda _: timekeeper.wall())  # noqa: B010  # a method, says mypy


VARIANTS = {one.__name__: one for one in (impatient, unfenced, repeating, unsynced, forgiving, shifted, believing)}


def run() -> None:
    """Break what is named, and go on as the engine's own command."""
    for name in sys.argv[1].split(","):
        VARIANTS[name]()
    main(sys.argv[2:])


def command(names: str, *arguments: str) -> list[str]:
    """Return the command of an engine in which these are broken; the engine's own where none is named."""
    module = ["tests.campaigns.variant", names] if names else ["surveyengine"]
    return [sys.executable, "-m", *module, *arguments]


if __name__ == "__main__":
    run()
