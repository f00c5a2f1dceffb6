"""Which other processes of the engine are connected to a database of PostgreSQL, on whatever machine they run."""

from __future__ import annotations

import os
import socket

from sqlalchemy import Connection

NAME = "surveyengine"
LONGEST = 63  # bytes of a name, beyond which PostgreSQL cuts it off
OTHERS = """\
SELECT DISTINCT application_name FROM pg_stat_activity
WHERE datname = current_database() AND starts_with(application_name, %s) AND application_name <> %s
ORDER BY application_name"""


def name() -> str:
    """Return the name by which PostgreSQL knows the connections of this process."""
    ascii = socket.gethostname().encode("ascii", "replace").decode()
    return f"{NAME} {os.getpid()} on {ascii}"[:LONGEST]


def neighbours(connection: Connection) -> list[str]:
    """Return the names of the others; none on SQLite, whose files are on one machine.

    Seen are those that connect as the same user of the database, and not through a pooler of connections.
    """
    if connection.dialect.name == "sqlite":
        return []
    return list(connection.exec_driver_sql(OTHERS, (f"{NAME} ", name())).scalars())
