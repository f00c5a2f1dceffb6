"""The known mutants that nobody can tell from the original: `equivalent.toml` says of each why."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .mutant import Mutant

FILE = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True)
class Equivalent:
    """A change of a module's lines that changes nothing, and the reason."""

    module: str
    before: str
    after: str
    reason: str

    def fits(self, mutant: Mutant) -> bool:
        """Whether a mutant makes this change."""
        return (self.module, self.before, self.after) == (mutant.module, mutant.changed("-"), mutant.changed("+"))


def known(file: Path = FILE) -> Sequence[Equivalent]:
    """Read the list."""
    return [Equivalent(**one) for one in tomllib.loads(file.read_text("utf-8")).get("equivalent", [])]
