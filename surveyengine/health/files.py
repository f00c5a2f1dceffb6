"""The project's own files: faults in them, and whether what is served is what they say."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from .. import stored
from ..definitions.fault import Fault
from ..project.presence import servers
from ..store import surveys
from ..store.engine.database import Unavailable, Unusable
from .deployment import Deployment, NotThere
from .finding import Finding, counted, error, note, warning

MOST_INVITATIONS = 100_000  # stored; with more of them, `check` alone says for what limits leave too few
MEND = "mend it; until then the last good version of a survey is served"
CHANGED = "a running engine reads them within seconds; where one runs, its log says why it does not"


def findings(deployment: Deployment) -> Iterator[Finding]:
    """Yield the errors of the files, the files that are gone, and what is served otherwise."""
    yield from judged(_faults(deployment))
    try:
        with deployment.reading() as connection:
            served = {one.survey: one.digest for one in surveys.current(connection)}
            gone = [*stored.shelf(connection, deployment.project).warnings()]
    except NotThere:
        return
    for fault in gone:
        yield warning("file-gone", fault.message, fault.hint)
    written = {one.id: one.digest for one in deployment.project.surveys}
    yield from unserved(written, served, deployment.runs(servers(deployment.root)))


def judged(faults: Collection[Fault]) -> Iterator[Finding]:
    """Yield the errors, and how many warnings there are beside."""
    for fault in faults:
        if fault.level == "error":
            yield error("file", f"{fault.file}:{fault.line}: {fault.message}", fault.hint or MEND)
    if others := sum(one.level != "error" for one in faults):
        words = f"the files have {counted(others, 'warning')}"
        yield note("file-warnings", words, "`surveyengine check` lists them")


def unserved(written: Mapping[str, str], served: Mapping[str, str], runs: bool) -> Iterator[Finding]:
    """Yield the surveys whose good files are not what is served; `runs` says that an engine should have read them."""
    if other := sorted(id for id, digest in written.items() if served.get(id) != digest):
        told = warning if runs else note
        yield told("file-not-served", f"not served as their files are by now: {', '.join(other)}", CHANGED)


def _faults(deployment: Deployment) -> Collection[Fault]:
    try:
        return stored.faults(deployment.project, deployment.now, MOST_INVITATIONS).faults
    except (Unavailable, Unusable):  # the files have faults of their own, whatever becomes of the database
        return deployment.project.faults
