"""The context in an open link: claimed by whoever wrote the link, or signed by us."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from . import clean
from .name import RESERVED, is_question
from .signing import Purpose, Secrets, is_same
from .signing import proof as proved

Pairs = tuple[tuple[str, str], ...]

SIGNED = "form.signed"  # the parameter that signs others; no question and no context can have this name
MOST, LONGEST = 20, 200  # pairs of a link, characters of a value


@dataclass(frozen=True)
class Context:
    """The values of a link by name, in their order; `claimed` where they are not signed."""

    pairs: Pairs = ()
    claimed: bool = False

    @property
    def facts(self) -> dict[str, str]:
        """The values that texts may insert: signed ones only."""
        return {} if self.claimed else dict(self.pairs)


def read(secrets: Secrets, survey: str, parameters: Iterable[tuple[str, str]], asked: Collection[str]) -> Context:
    """Return the context in a link's parameters; the names in `asked` are questions.

    A valid signature lists the names that it covers; parameters added later, as advertisers do, are left out.
    """
    given = list(parameters)
    pairs, proof = said(given, asked), next((value for name, value in given if name == SIGNED), "")
    names = set(proof.rpartition(".")[0].split("."))
    vouched = tuple(pair for pair in pairs if pair[0] in names)
    if vouched and any(is_same(proof, signature(secret, survey, vouched)) for secret in secrets):
        return Context(vouched)
    return Context(pairs, claimed=bool(pairs))


def said(parameters: Iterable[tuple[str, str]], asked: Collection[str]) -> Pairs:
    """Return the parameters that are not questions: cleaned, cut to length, each name once, limited in number."""
    found: dict[str, str] = {}
    for name, value in parameters:
        if is_name(name, asked) and (kept := _kept(value)) and len(found) < MOST:
            found.setdefault(name, kept)
    return tuple(sorted(found.items()))


def is_name(name: str, asked: Collection[str]) -> bool:
    """Whether a parameter of that name is context."""
    return is_question(name) is not None and name not in RESERVED and name not in asked


def signature(secret: bytes, survey: str, pairs: Pairs) -> str:
    """Return the value of `form.signed` for these pairs at this survey: their names and the signature."""
    ordered = sorted(pairs)
    proof = proved(secret, Purpose.CONTEXT, json.dumps([survey, ordered]))
    return f"{'.'.join(name for name, _ in ordered)}.{proof}"


def _kept(value: str) -> str:
    try:
        return clean.text(value[: 10 * LONGEST])[:LONGEST].strip()
    except clean.Unclean:
        return ""
