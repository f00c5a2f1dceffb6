"""The engine's pages on a real address, served from this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import FrameLocator, Page
from sqlalchemy import delete, func, select
from werkzeug.serving import WSGIRequestHandler, make_server

from surveyengine.app import create_app
from surveyengine.engine import Engine, start
from surveyengine.store.schema import answer, response


class Quiet(WSGIRequestHandler):
    """Says nothing of each request."""

    def log(self, type: str, message: str, *args: object) -> None:
        pass


@contextmanager
def served(project: Path) -> Iterator[Site]:
    """The pages of a project, until the block ends."""
    engine = start(project)
    site = Site(engine)
    try:
        yield site
    finally:
        site.stop()
        engine.close()


class Site:
    """A running engine in this process; `open` shows its survey."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.server = make_server("127.0.0.1", 0, create_app(engine), threaded=True, request_handler=Quiet)
        self.origin = f"http://127.0.0.1:{self.server.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def open(self, page: Page, query: str = "") -> None:
        page.goto(f"{self.origin}/s/visit{query}")

    def answers(self) -> dict[str, str]:
        """The only answers that are stored."""
        with self.engine.database.read() as connection:
            rows = connection.execute(select(answer)).all()
        assert len({row.response for row in rows}) <= 1
        return {row.question: row.value for row in rows}

    def responses(self) -> int:
        """How many responses are stored."""
        with self.engine.database.read() as connection:
            return int(connection.execute(select(func.count()).select_from(response)).scalar_one())

    def clear(self) -> None:
        with self.engine.database.write() as connection:
            connection.execute(delete(answer))
            connection.execute(delete(response))


def reach(form: Page | FrameLocator, selector: str) -> None:
    """Go on to the step of a form that shows what is wanted; at once where all of it is shown."""
    while not form.locator(selector).is_visible():
        form.locator(".onward").click()


def send(form: Page | FrameLocator) -> None:
    """Go on to the end of a form, and send it."""
    last = ".ways:not(.now) [type=submit]:not(.back)"
    reach(form, last)
    form.locator(last).click()
