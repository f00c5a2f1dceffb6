"""The clock of the engine: APScheduler ticks, and each tick is one call. The queue is our own table."""

from __future__ import annotations

import fcntl
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from typing import IO

from apscheduler.schedulers.background import BackgroundScheduler

from .engine import Engine
from .interrupt import reach_main_thread
from .invitations.channel import channel
from .invitations.delivery import Post, deliver_one, recover
from .invitations.turns import plan_turns
from .store import drafts, tallies
from .store.database import Unavailable

BATCH = 500
SEND_EVERY, FOLD_EVERY, RECOVER_EVERY, TURNS_EVERY, FORGET_EVERY = 1, 5, 30, 60, 3600  # seconds

log = logging.getLogger("surveyengine")


def work(engine: Engine, address: str) -> None:
    """Do what is due, again and again, until SIGTERM or SIGINT; what is under way is finished first."""
    stopping = threading.Event()
    # A second signal may come while the first is handled, which an Event's lock would not survive.
    signals: SimpleQueue[int] = SimpleQueue()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda signum, _: signals.put(signum))
    reach_main_thread()
    post = _post(engine, address)
    with _alone(engine) as alone:
        _ticking(lambda: recover(post, _now(), alone))()
        scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        at_once = {"next_run_time": _now()}
        scheduler.add_job(_ticking(lambda: send_all(post, stopping)), "interval", seconds=SEND_EVERY, **at_once)
        scheduler.add_job(_ticking(lambda: fold_all(engine, stopping)), "interval", seconds=FOLD_EVERY, **at_once)
        turns = _ticking(lambda: plan_turns(engine, _now(), stopping.is_set))
        scheduler.add_job(turns, "interval", seconds=TURNS_EVERY, **at_once)
        scheduler.add_job(_ticking(lambda: recover(post, _now(), False)), "interval", seconds=RECOVER_EVERY)
        scheduler.add_job(_ticking(lambda: forget(engine)), "interval", seconds=FORGET_EVERY, **at_once)
        scheduler.start()
        signals.get()
        stopping.set()
        scheduler.shutdown(wait=True)


def work_once(engine: Engine, address: str) -> int:
    """Do all that is due now and return how many invitations were settled."""
    post = _post(engine, address)
    with _alone(engine) as alone:
        recover(post, _now(), alone)
        plan_turns(engine, _now())
        settled = send_all(post, threading.Event())
        fold_all(engine, threading.Event())
        forget(engine)
    return settled


def send_all(post: Post, stopping: threading.Event) -> int:
    """Send every invitation that is due; return how many were settled."""
    post.engine.library.refresh(_now())
    settled = 0
    while not stopping.is_set() and deliver_one(post, _now()):
        settled += 1
    return settled


def fold_all(engine: Engine, stopping: threading.Event) -> None:
    """Fold all new answers into the counts, some hundred in a transaction."""
    folded = BATCH
    while folded == BATCH and not stopping.is_set():
        with engine.database.write() as connection:
            folded = tallies.fold(connection, BATCH)


def forget(engine: Engine) -> None:
    """Let go of what was written in forms that can no longer be sent."""
    with engine.database.write() as connection:
        drafts.drop_expired(connection, _now())


def _post(engine: Engine, address: str) -> Post:
    return Post(engine, channel(engine.config.email.url, engine.root), address)


def _ticking(job: Callable[[], object]) -> Callable[[], None]:
    """Return the job as one that a database which is away does not stop: the next tick tries again."""

    def tick() -> None:
        try:
            job()
        except Unavailable:
            pass  # the database has told the log
        except Exception:
            log.exception("a job failed, and is tried again")

    return tick


@contextmanager
def _alone(engine: Engine) -> Iterator[bool]:
    """Whether this is the only worker: on SQLite all of them are on this machine, and a lock on a file tells."""
    path = engine.root / "data" / "worker.lock"
    with _opened(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield engine.database.is_sqlite


def _opened(path: Path) -> IO[bytes]:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("ab")


def _now() -> datetime:
    return datetime.now(UTC)
