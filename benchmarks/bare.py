"""What the engine is compared with: the least that Flask can do, on the same server."""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
from flask import Flask, Response, redirect, request
from granian import Granian
from granian.constants import Interfaces
from werkzeug.wrappers import Response as BaseResponse

INSERT = "INSERT INTO bare (body) VALUES ({})"
TABLE = "CREATE TABLE IF NOT EXISTS bare (id {} PRIMARY KEY, body TEXT NOT NULL)"
KIND, TARGET = "BARE_KIND", "BARE_TARGET"
Insert = Callable[[str], None]


def page(target: str) -> Flask:
    """An application that answers a GET with the bytes of a file."""
    app, content = Flask(__name__), Path(target).read_bytes()
    app.get("/page")(lambda: content)
    return app


def form(insert: Insert) -> Flask:
    """An application that stores a posted form by one durable insert, and thanks."""
    app = Flask(__name__)

    @app.post("/form")
    def answer() -> BaseResponse:
        insert(request.get_data(as_text=True))
        return redirect("/thanks", code=303)

    app.get("/thanks")(lambda: Response("Thank you."))
    return app


def into_sqlite(path: str) -> Insert:
    """Insert into SQLite as durably as the engine does; a connection for each thread."""
    here = threading.local()

    def insert(body: str) -> None:
        if not hasattr(here, "connection"):
            here.connection = sqlite3.connect(path, timeout=30)
            here.connection.execute("PRAGMA journal_mode=WAL")
            here.connection.execute("PRAGMA synchronous=FULL")
        with here.connection:
            here.connection.execute(INSERT.format("?"), [body])

    return insert


def into_postgres(url: str) -> Insert:
    """Insert into PostgreSQL; a connection for each thread."""
    here = threading.local()

    def insert(body: str) -> None:
        if not hasattr(here, "connection"):
            here.connection = psycopg.connect(url)
        with here.connection.transaction():
            here.connection.execute(INSERT.format("%s"), [body])

    return insert


KINDS: dict[str, Callable[[str], Flask]] = {
    "page": page,
    "sqlite": lambda target: form(into_sqlite(target)),
    "postgres": lambda target: form(into_postgres(target)),
}


def application() -> Flask:
    """Return the application that the environment names; called in each worker process."""
    return KINDS[os.environ[KIND]](os.environ[TARGET])


def prepare(kind: str, target: str) -> None:
    """Make the table that the inserts go to."""
    if kind == "sqlite":
        with closing(sqlite3.connect(target)) as connection:
            connection.execute(TABLE.format("INTEGER"))
    elif kind == "postgres":
        with psycopg.connect(target) as server:
            server.execute(TABLE.format("BIGINT GENERATED ALWAYS AS IDENTITY"))


def main(kind: str, target: str, port: str) -> None:
    """Serve the application with two workers until SIGTERM."""
    os.environ |= {KIND: kind, TARGET: target}
    prepare(kind, target)
    server = Granian(
        "benchmarks.bare:application",
        factory=True,
        port=int(port),
        interface=Interfaces.WSGI,
        workers=2,
        websockets=False,
        log_enabled=False,
    )
    server.serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
