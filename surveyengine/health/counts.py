"""Whether what is counted is what is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..store import recount
from .deployment import Deployment
from .finding import Finding, counted, error

COUNTS = {
    "tally": "of answers by days",
    "tally_month": "of answers by months",
    "segment_tally": "of answers by fields and days",
    "segment_month": "of answers by fields and months",
    "funnel_tally": "of invitations by days",
    "funnel_month": "of invitations by months",
    "invitation": "of invitations, which have changed since",
    "retention": "of surveys whose older rows have gone",
}
REBUILD = "`surveyengine doctor --rebuild` counts everything anew; reports stay right meanwhile"


def findings(deployment: Deployment) -> Iterator[Finding]:
    """Yield what is counted wrong."""
    with deployment.reading() as connection:
        wrong = recount.differences(connection)
    yield from judged(wrong)


def judged(wrong: Mapping[str, int]) -> Iterator[Finding]:
    """Yield a finding for each table of counts with differences."""
    for table, n in wrong.items():
        yield error("counts", f"{counted(n, 'count')} {COUNTS[table]}: not what is stored", REBUILD)
