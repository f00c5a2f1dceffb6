"""The secrets that links are signed with: whether they are there, and which have done their time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..invitations.link import signed_by
from ..project import secret
from ..values.signing import Secrets
from .deployment import Deployment, NotThere
from .finding import Finding, error, note

MISSING = "data/secret is missing, and answers and invitations are stored: links sent so far will not work any more"
BACK = "bring it back from a backup before the engine starts, which else makes a new one"
DROP = "`surveyengine secret drop` ends them, and the other links that they signed"


def findings(deployment: Deployment) -> Iterator[Finding]:
    """Yield what is wrong with the secrets."""
    try:
        found = secret.kept(deployment.root, deployment.environment)
    except secret.UnfitSecret as why:
        yield error("secret-unfit", f"{why.fault.file} {why.fault.message}", why.fault.hint)
        return
    except OSError as why:
        yield error("secret-unfit", f"data/secret cannot be read: {why.strerror}", "let the engine's user read it")
        return
    yield from (_lost(deployment) if found is None else _former(deployment, found))


def _lost(deployment: Deployment) -> Iterator[Finding]:
    with deployment.reading():  # raises where nothing is stored, and nothing was signed
        yield error("secret-missing", MISSING, BACK)


def _former(deployment: Deployment, found: Secrets) -> Iterator[Finding]:
    if len(found) == 1:
        return
    try:
        with deployment.reading() as connection:
            signed = signed_by(connection, found, deployment.now)
    except NotThere:
        signed = [0] * len(found)
    yield from judged(signed)


def judged(signed: Sequence[int]) -> Iterator[Finding]:
    """Yield that former secrets are of no use; `signed` are the open links of each, the one that signs now first."""
    idle = sum(n == 0 for n in signed[1:])
    if idle and not any(signed[1:]):
        words = f"of {idle} former secrets no personal link is open any more" if idle > 1 else ""
        yield note("secret-former", words or "of the former secret no personal link is open any more", DROP)
