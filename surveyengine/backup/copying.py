"""Copies a project's database into another one, of either kind: all of it, or nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from ..engine import Engine
from ..project.presence import at_rest
from ..settings.config import VARIABLE
from ..store import segment_tallies
from ..store.engine.address import masked
from ..store.engine.contents import Contents, CopyError, Tell
from ..store.engine.database import Database
from ..store.engine.limit import MIGRATION
from ..store.engine.neighbours import neighbours
from ..store.engine.transfer import transfer

NAMED = "${DATABASE_PASSWORD}"


@dataclass(frozen=True)
class Destination:
    """The address of the database to copy to, as it was given: `${NAME}` in it is read from the environment."""

    given: str
    environment: Mapping[str, str]

    @property
    def url(self) -> str:
        """The address itself; raises CopyError where a variable is not set."""
        for name in VARIABLE.findall(self.given):
            if name not in self.environment:
                raise CopyError(f"the environment variable `{name}` is not set")
        return VARIABLE.sub(lambda found: self.environment[found[1]], self.given)

    @property
    def line(self) -> str:
        """The line of config.toml that names it, without a password."""
        shown = masked(self.given, lambda said: said if said and not VARIABLE.sub("", said) else NAMED)
        return f"url = {json.dumps(shown, ensure_ascii=False)}"


def copy(engine: Engine, to: Destination, tell: Tell) -> Contents:
    """Copy all that is stored into an empty database, compare it row by row, and return what there is.

    Raises CopyError, Unusable and Unavailable with what stands in the way; nothing is stored there then.
    """
    target = Database(to.url, engine.root)
    try:
        with at_rest(engine.root) as is_alone:
            if not is_alone:
                raise CopyError("the engine runs, and would go on writing to the database that is left; stop it first")
            target.examine()
            with engine.database.read() as connection:
                if others := neighbours(connection):
                    raise CopyError(f"the engine runs elsewhere ({', '.join(others)}); stop it everywhere first")
            with engine.database.read(MIGRATION) as source, target.rebuild() as connection:
                contents = transfer(source, connection, tell)
                segment_tallies.restart(connection)
                return contents
    finally:
        target.close()
