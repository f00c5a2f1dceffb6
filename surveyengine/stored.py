"""What is stored, held against what the files say: for `check`, which changes nothing."""

from __future__ import annotations

from datetime import datetime

from .config import Config
from .definitions.fault import Fault
from .invitations import scarcity
from .project import Project
from .store import decisions
from .store.glance import glance


def warnings(project: Project, config: Config, now: datetime) -> list[Fault]:
    """Return what the stored data has to say to the files of a project; nothing where nothing is stored.

    Raises Unavailable and Unusable where nobody can look.
    """
    with glance(config.database.url, project.root) as connection:
        if connection is None:
            return []
        past = decisions.recent(connection, scarcity.memory(project.surveys, config.sending))
    return [scarcity.fault(one) for one in scarcity.scarcities(past, project.surveys, config.sending)]
