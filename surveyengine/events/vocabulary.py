"""The names that a project knows: types of events, and their fields."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from ..definitions.reference import ABOUT_CUSTOMER, ALWAYS_KNOWN
from ..definitions.survey import Invite, Survey
from ..definitions.text import PLACEHOLDER
from ..settings.config import Config
from ..versions.library import Library
from .data import ORDER, subjects


@dataclass(frozen=True)
class Vocabulary:
    """The known types of events, the fields of each, and which fields hold amounts or identifiers."""

    types: frozenset[str] = frozenset()
    fields: Mapping[str, frozenset[str]] = field(default_factory=dict)  # by the type
    amounts: frozenset[str] = frozenset()
    identifiers: frozenset[str] = frozenset({ORDER})

    @property
    def names(self) -> frozenset[str]:
        """All fields of all events."""
        return self.identifiers.union(self.amounts, *self.fields.values())


_KNOWN: WeakKeyDictionary[Library, tuple[int, Vocabulary]] = WeakKeyDictionary()


def vocabulary(library: Library) -> Vocabulary:
    """Return the names in the project's files of today."""
    known = _KNOWN.get(library)
    if known is None or known[0] != library.generation:
        known = library.generation, vocabulary_of(library.config, library.live.values())
        _KNOWN[library] = known
    return known[1]


def vocabulary_of(config: Config, surveys: Iterable[Survey]) -> Vocabulary:
    """Return the names in config.toml and these surveys."""
    fields = {type: set(declared.fields) for type, declared in config.events.items()}
    amounts = {name for declared in config.events.values() for name in declared.amounts}
    identifiers: set[str] = set()
    for survey in surveys:
        if invite := survey.invite:
            for type in (*([invite.on] if invite.on else []), *invite.cancel_on):
                used = {*_tested(invite), *_shown(survey.content)} if type == invite.on else set()
                about = {invite.about} if invite.about else set()
                fields.setdefault(type, set()).update(used - {*ABOUT_CUSTOMER, *ALWAYS_KNOWN}, about)
                identifiers |= about
            amounts |= {name for _, name, test in invite.when.walk() if test.compares} if invite.when else set()
    for type in fields:
        identifiers |= subjects(type)
    frozen = {type: frozenset(names | subjects(type)) for type, names in fields.items()}
    return Vocabulary(frozenset(fields), frozen, frozenset(amounts), frozenset(identifiers) | {ORDER})


def _tested(invite: Invite) -> Collection[str]:
    return {name for _, name, _ in invite.when.walk()} if invite.when else ()


def _shown(content: Any) -> Iterator[str]:
    """Yield the names of the placeholders in all texts of a survey."""
    if isinstance(content, str):
        yield from (found[1] for found in PLACEHOLDER.finditer(content))
    elif isinstance(content, Mapping | list | tuple):
        for one in content.values() if isinstance(content, Mapping) else content:
            yield from _shown(one)
