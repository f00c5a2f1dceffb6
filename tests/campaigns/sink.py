"""A mail server for campaigns, which remembers whom it took mails for."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from email.utils import parseaddr
from typing import cast

from tests.serving.test_worker import Conversation, SlowServer

STEPS = 6  # replies in the dialogue of a mail: the greeting, EHLO, MAIL, RCPT, DATA, and the one to the mail itself


class Holding(SlowServer):
    """A mail server that lets one conversation wait at a step, and serves the others meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.RequestHandlerClass = Held
        self.step: int | None = None
        self._choosing = threading.Lock()
        self.is_holding, self.release, self.is_over = threading.Event(), threading.Event(), threading.Event()

    def hold(self, step: int) -> None:
        """Hold the next conversation that gets to its reply of that number."""
        for event in (self.is_holding, self.release, self.is_over):
            event.clear()
        self.step = step

    def holds(self, step: int) -> bool:
        """Whether the conversation is to wait that is at this step."""
        with self._choosing:
            if step != self.step:
                return False
            self.step = None
            return True


class Held(Conversation):
    """A conversation that may have to wait."""

    count, was_held = 0, False

    def say(self, reply: str) -> None:
        server = cast(Holding, self.server)
        if server.holds(self.count):
            self.was_held = True
            server.is_holding.set()
            server.release.wait()
        self.count += 1
        super().say(reply)

    def finish(self) -> None:
        super().finish()
        if self.was_held:
            cast(Holding, self.server).is_over.set()


@contextmanager
def holding() -> Iterator[Holding]:
    """A mail server that holds whom it is told to."""
    with Holding() as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        try:
            yield server
        finally:
            server.release.set()
            server.shutdown()
            thread.join()


def address(server: SlowServer) -> str:
    """Return what leads to it, for [email] url."""
    return f"smtp://127.0.0.1:{server.server_address[1]}"


def mailed(server: SlowServer) -> tuple[str, ...]:
    """Return whom it took mails for."""
    return recipients(server.accepted)


def recipients(lines: Iterable[str]) -> tuple[str, ...]:
    """Return the addresses in these headers called To."""
    return tuple(parseaddr(line.partition(":")[2])[1] for line in lines)
