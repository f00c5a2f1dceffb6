"""Which surveys are served, which of them still invite, and which have lost their file; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ..definitions.fault import Fault
from ..definitions.survey import Survey


@dataclass(frozen=True)
class Shelf:
    """The served surveys by their ids, without those that another one continues.

    `live` are the surveys with a file, which invite; `files` are the ids of all files, readable or not. `heirs` leads
    from an older id to today's. `retired` are the ids of surveys without a file that were ended.
    """

    surveys: Mapping[str, Survey] = field(default_factory=dict)
    live: Mapping[str, Survey] = field(default_factory=dict)
    heirs: Mapping[str, str] = field(default_factory=dict)
    retired: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()

    @cached_property
    def vanished(self) -> Mapping[str, Survey]:
        """The served surveys without a file that were not retired."""
        return {id: one for id, one in self.surveys.items() if id not in self.files and id not in self.retired}

    def today(self, id: str) -> str:
        """Return the id of the survey that continues this one today; the id itself where none does."""
        return self.heirs.get(id, id)

    def survey(self, id: str) -> Survey | None:
        """Return the survey served under that id or one that continues it; None where there is none."""
        return self.surveys.get(self.today(id))

    def warnings(self) -> Iterator[Fault]:
        """Yield a warning for each survey whose file is gone."""
        for one in self.vanished.values():
            message = f"the file of the survey `{one.id}` is gone, so it asks nobody any more; its links go on working"
            hint = (
                f"put it back; or, where it is over, run `surveyengine retire {one.id}`;"
                f' or, where another file continues it, write was = "{one.id}" in that one'
            )
            yield Fault(f"surveys/{one.stage}/{one.id}.toml", 1, 1, message, hint, "warning")


def shelve(known: Mapping[str, Survey], files: Collection[str], retired: Collection[str]) -> Shelf:
    """Return the shelf of the last valid versions of all known surveys.

    `files` are the ids of the files that are there, readable or not.
    """
    live = {id: one for id, one in known.items() if id in files and id not in retired}
    heirs: dict[str, str] = {}
    for id, one in sorted(known.items(), key=lambda pair: (pair[0] not in live, pair[0])):
        if id not in heirs:  # what is continued itself continues nothing
            heirs |= {older: id for older in one.was if older not in files and older not in heirs}
    surveys = {id: one for id, one in known.items() if id not in heirs}
    return Shelf(surveys, live, heirs, frozenset(retired) & surveys.keys(), frozenset(files))
