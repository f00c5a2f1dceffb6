"""What goes tonight because it is kept long enough; of which days only counts are left already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from ..definitions.survey import Survey
from ..privacy import retention
from ..store import expiring, horizons, surveys
from ..store.engine.database import Connection
from ..versions.shelf import Shelf, shelve
from ..versions.stored import survey_of
from .deployment import Deployment
from .finding import Finding, counted, note

KEEP = "keep it for longer by [privacy] or the survey's own keep_answers and keep_contacts; 0 keeps it for good"
COUNTED = "that is meant so: lists and exports have fewer rows there than reports count"


def findings(deployment: Deployment) -> Iterator[Finding]:
    """Yield what goes of each survey when this day of the business's zone is over, at most; and what has gone."""
    zone = deployment.config.business.zone
    turning = datetime.combine(deployment.now.astimezone(zone).date() + timedelta(days=1), time(), zone)
    with deployment.reading() as connection:
        rules = retention.rules(deployment.config, _served(deployment, connection), connection, turning)
        links = expiring.links(connection, rules.unlinked_until, zone)
        for survey, one in rules.by_survey.items():
            if n := links.get(survey):
                words = f"tonight {counted(n, 'link')} to persons of {survey} will go, of days until {one.contacts}"
                yield note("kept-long-enough", words, KEEP)
            versions = retention.versions(rules, connection, survey, one.answers) if one.answers else {}
            if versions and (n := expiring.number_of_responses(connection, survey, versions)):
                words = f"tonight {counted(n, 'answer')} to {survey} will go, of days until {one.answers}"
                yield note("kept-long-enough", words, KEEP)
            if one.answers and (n := expiring.most_invitations(connection, survey, one.answers)):
                words = f"tonight at most {counted(n, 'invitation')} to {survey} will go, of days until {one.answers}"
                yield note("kept-long-enough", words, KEEP)
        yield from _of_persons(rules, connection)
        for survey, gone in horizons.read(connection).items():
            rows = f"{counted(gone.responses, 'answer')} and {counted(gone.invitations, 'invitation')}"
            yield note("only-counts", f"of {survey} only counts are left up to {gone.until}, of {rows}", COUNTED)


def _of_persons(rules: retention.KeepingRules, connection: Connection) -> Iterator[Finding]:
    """Yield how many events and customers go at most: those stay that something leads to which is kept for longer."""
    if before := rules.heard_before:
        found = {
            "event": expiring.most_events(connection, before),
            "customer": expiring.most_customers(connection, before),
        }
        for name, n in found.items():
            if n:
                words = f"tonight at most {counted(n, name)} will go, not heard of after {rules.contacts}"
                yield note("kept-long-enough", words, KEEP)


@dataclass(frozen=True)
class StoredSurveys:
    """The surveys as they would be served now."""

    shelf: Shelf
    versions: Mapping[str, Survey]

    def survey(self, id: str) -> Survey | None:
        """Return the survey under that id today."""
        return self.shelf.survey(id)

    def version(self, digest: str) -> Survey | None:
        """Return the version of that digest."""
        return self.versions.get(digest)

    def is_closed(self, version: Survey) -> bool:
        """Whether the version's survey takes no more answers."""
        served = self.survey(version.id) or version
        return served.head.closed or served.id in self.shelf.retired


def _served(deployment: Deployment, connection: Connection) -> StoredSurveys:
    stored = [found for one in surveys.imprints(connection) if (found := surveys.version(connection, one.digest))]
    versions = {one.digest: survey for one in stored if (survey := survey_of(one))}
    current = {one.survey: versions[one.digest] for one in surveys.current(connection) if one.digest in versions}
    project = deployment.project
    known = {**current, **{survey.id: survey for survey in project.surveys}}
    files = {survey.id for survey in project.surveys}
    return StoredSurveys(shelve(known, project.files_among(known), surveys.retired(connection) - files), versions)
