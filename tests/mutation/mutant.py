"""Copies of a module with one change each: an operator, a number, a name, an argument, an arm of a condition."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # to import them takes a second, and the tests import this module for its names
    from mutmut.mutation.file_mutation import Mutation


@dataclass(frozen=True)
class Mutant:
    """A module, named from the package's folder on, with its code before and after one change."""

    module: str
    original: str
    code: str

    def diff(self, context: int = 1) -> Sequence[str]:
        """Return the lines of a unified diff, without those that name the files."""
        before, after = self.original.splitlines(), self.code.splitlines()
        return list(difflib.unified_diff(before, after, lineterm="", n=context))[2:]

    def changed(self, sign: str) -> str:
        """Return the lines that the change takes away (`-`) or adds (`+`), as one line without indentation."""
        return " ".join(line[1:].strip() for line in self.diff(0) if line[0] == sign)


def sample(module: str, code: str, count: int, seed: int) -> Iterator[Mutant]:
    """Yield at most `count` mutants of a module's code, always the same ones for one seed."""
    import libcst
    from mutmut.mutation.file_mutation import create_mutations

    parsed, mutations, *_ = create_mutations(module, code)
    likely = [one for one in mutations if not _is_prose(one)]
    for one in Random(f"{seed} {module}").sample(likely, min(count, len(likely))):
        mutated = parsed.deep_replace(one.original_node, one.mutated_node)
        assert isinstance(mutated, libcst.Module)
        yield Mutant(module, code, mutated.code)


def _is_prose(mutation: Mutation) -> bool:
    """Whether only the wording of a sentence changes, which tests are not to repeat."""
    import libcst

    node = mutation.original_node
    return isinstance(node, libcst.SimpleString) and " " in node.value
