"""Copies of an SQLite database, taken while others write to it."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from .contents import Contents, CopyError, Tell, contents
from .database import Database
from .limit import MIGRATION
from .local import sqlite_module

PAGES = 4_096  # of a step, which is 16 MB


def take(database: Database, path: Path, tell: Tell) -> Contents:
    """Write the database as it is now to a new file, and look whether that is whole; nobody waits meanwhile.

    Raises CopyError where the file cannot be written.
    """
    driver = sqlite_module()
    with database.read(MIGRATION) as connection:
        # From this statement on one state is read. Without it each step would see what others have written
        # meanwhile, and begin anew.
        connection.exec_driver_sql("SELECT count(*) FROM sqlite_master")
        source: Any = connection.connection.driver_connection
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            with closing(driver.connect(str(path), isolation_level=None)) as target:
                target.execute("PRAGMA synchronous=OFF")  # the file is put on disk as a whole, below
                source.backup(target, pages=PAGES, progress=lambda _, left, total: tell(total - left, total))
        except driver.Error as error:
            raise CopyError(f"the copy of the database cannot be written: {error}") from error
    _sync(path)
    return look(path)


def look(path: Path) -> Contents:
    """Return what a database that nobody has open holds; raises CopyError where it is not whole."""
    address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    engine = create_engine(
        "sqlite://",
        module=sqlite_module(),
        creator=lambda: sqlite_module().connect(address, uri=True),
        poolclass=NullPool,
    )
    try:
        with engine.connect() as connection:
            said = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
            if said != "ok":
                raise CopyError(f"the copy of the database is damaged: {said}")
            if stray := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise CopyError(f"the copy of the database refers to rows that are not there: {tuple(stray)}")
            return contents(connection)
    except DatabaseError as error:
        raise CopyError(f"the copy of the database is damaged: {error.orig}") from error


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
