"""The worker as a process of its own, killed at any moment."""

from __future__ import annotations

import os
import random
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast
from unittest.mock import Mock

import pytest
from sqlalchemy import select

from surveyengine.engine import start
from surveyengine.invitations.planning import take
from surveyengine.project.presence import presence
from surveyengine.serving.worker import Every, from_second
from surveyengine.store.schema import invitation
from tests.support.business import delivered, write
from tests.support.running import until

KILLS, INVITATIONS, SEED = 20, 130, 17
QUICK = 0.004  # seconds that the server takes for each step, on average

# Imports once and becomes a worker again and again, so that a start costs a tenth of a second.
STABLE = """
import os, sys
from surveyengine import cli
from surveyengine.serving import address, supervisor, worker
for _ in sys.stdin:
    pid = os.fork()
    if pid == 0:
        cli.main(["--project", sys.argv[1], "work"])
    print(pid, flush=True)
    os.waitpid(pid, 0)
    print("dead", flush=True)
"""


class SlowServer(socketserver.ThreadingTCPServer):
    """An SMTP server that takes its time at each step and remembers the To of every mail it took responsibility for."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.chance = random.Random(SEED)
        self.accepted: list[str] = []
        self.busy = threading.Event()
        self.waiting, self.may_reply = 0, threading.Event()    # at the end of a mail, which it has taken
        self.may_reply.set()


class Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server = cast(SlowServer, self.server)
        server.busy.set()
        try:
            self.say("220 here")
            while line := self.rfile.readline():
                verb = line[:4].upper().strip()
                self.say({b"DATA": "354 go on", b"QUIT": "221 bye"}.get(verb, "250 ok"))
                if verb == b"DATA" and not self.mail(server):
                    return
        except ConnectionError:
            pass

    def mail(self, server: SlowServer) -> bool:
        recipient = ""
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False
            if line.startswith(b"To: "):
                recipient = line.decode().strip()
        server.accepted.append(recipient)
        server.waiting += 1
        server.may_reply.wait()
        self.say("250 queued")
        return True

    def say(self, reply: str) -> None:
        time.sleep(cast(SlowServer, self.server).chance.expovariate(1 / QUICK))
        self.wfile.write(f"{reply}\r\n".encode())


@contextmanager
def slow_server() -> Iterator[SlowServer]:
    with SlowServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        try:
            yield server
        finally:
            server.may_reply.set()
            server.shutdown()
            thread.join()


def working(root: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "surveyengine", "--project", str(root), "work", *options]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


@contextmanager
def stable(root: Path) -> Iterator[subprocess.Popen[str]]:
    command, pipe = [sys.executable, "-c", STABLE, str(root)], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True) as process:
        yield process


def kill_one(workers: subprocess.Popen[str], server: SlowServer, chance: random.Random) -> None:
    """Start a worker and kill it: mostly while it is sending, at times while it is starting."""
    assert workers.stdin
    assert workers.stdout
    server.busy.clear()
    print("another", file=workers.stdin, flush=True)
    pid = int(workers.stdout.readline())
    if chance.random() < 0.8:
        assert server.busy.wait(20)
    time.sleep(chance.uniform(0, 0.15))
    os.kill(pid, signal.SIGKILL)
    assert workers.stdout.readline() == "dead\n"


def states(root: Path) -> Counter[str]:
    engine = start(root)
    with engine.database.read() as connection:
        found = Counter(connection.execute(select(invitation.c.state)).scalars())
    engine.close()
    return found


def prepare(root: Path, port: int, customers: int) -> None:
    write(root, email=f"smtp://127.0.0.1:{port}")
    engine, now = start(root), datetime.now(UTC)
    take(engine, [delivered(str(n), now - timedelta(days=1), f"c-{n}") for n in range(customers)], now)
    engine.close()


def test_a_worker_killed_at_any_moment_forgets_no_invitation_and_sends_none_twice(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    with slow_server() as server:
        prepare(tmp_path, server.server_address[1], INVITATIONS)
        with stable(tmp_path) as workers:
            for _ in range(KILLS):
                kill_one(workers, server, chance)
        after_kills = len(server.accepted)
        assert working(tmp_path, "--once").wait(60) == 0
    settled = states(tmp_path)
    assert {*settled} <= {"sent", "uncertain"}
    assert settled.total() == INVITATIONS
    assert settled["uncertain"] <= KILLS
    assert 0 < after_kills < INVITATIONS
    assert max(Counter(server.accepted).values()) == 1
    assert settled["sent"] <= len(server.accepted) <= INVITATIONS


def test_a_worker_that_is_told_to_stop_finishes_the_mail_it_has_begun(tmp_path: Path) -> None:
    with slow_server() as server:
        prepare(tmp_path, server.server_address[1], 40)
        worker = working(tmp_path)
        assert server.busy.wait(20)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0
    settled = states(tmp_path)
    assert {*settled} <= {"sent", "planned"}
    assert settled["sent"] == len(server.accepted)


def test_a_worker_that_is_restarted_leaves_the_mails_of_another_to_it(tmp_path: Path) -> None:
    with slow_server() as server:
        prepare(tmp_path, server.server_address[1], 2)
        server.may_reply.clear()
        workers = []
        for count in (1, 2):    # each is asked to wait for the reply to its first mail
            workers.append(working(tmp_path))
            until(lambda count=count: server.waiting == count, "no mail came")  # type: ignore[misc]
        workers[0].kill()
        workers[0].wait()
        assert working(tmp_path, "--once").wait(60) == 0
        server.may_reply.set()
        until(lambda: states(tmp_path)["sent"] == 1, "the other one's mail was not known as sent")
        workers[1].terminate()
        assert workers[1].wait(60) == 0
        assert working(tmp_path, "--once").wait(60) == 0
    assert states(tmp_path) == {"sent": 1, "uncertain": 1}
    assert len(server.accepted) == 2


def test_only_who_is_alone_has_the_lock_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "worker.lock"
    with presence(path) as first:
        assert first.is_alone()
        with presence(path) as second:
            assert not second.is_alone()
            second.join(0.1)    # the first is starting
            first.join()
            second.join(5)
            with presence(path) as third:
                assert not third.is_alone()
        assert first.is_alone()
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("jump", [timedelta(), timedelta(days=400), timedelta(days=20_000), timedelta(days=-400)])
def test_a_clock_that_jumps_makes_one_tick_of_all_that_were_missed(jump: timedelta) -> None:
    before = datetime.now(UTC)
    now = before + jump
    assert Every(5).get_next_fire_time(None, now) == now
    assert Every(5).get_next_fire_time(before, now) == now + timedelta(seconds=5)


def test_what_deletes_leaves_an_hour_in_which_to_see_what_will_go() -> None:
    deletes = Mock()
    job = from_second(deletes)
    job()
    deletes.assert_not_called()
    job()
    deletes.assert_called_once_with()
