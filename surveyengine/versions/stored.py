"""Converts surveys to their stored form and back."""

from __future__ import annotations

import logging
from dataclasses import replace

from ..definitions.survey import Survey, draft
from ..definitions.toml.document import Document
from ..store.surveys import Version

log = logging.getLogger("surveyengine")


def stored_version(survey: Survey) -> Version:
    """Return the stored form of a survey."""
    return Version(survey.id, survey.stage, survey.digest, survey.content)


def survey_of(stored: Version) -> Survey | None:
    """Return the survey of a stored version; None where this engine refuses what an older one allowed."""
    document = Document(f"version {stored.digest[:12]} of {stored.survey}", dict(stored.content), {})
    read = draft(stored.survey, stored.stage, document, {})
    for fault in read.faults:
        log.error("%s (stored by an older engine, and not served)", fault)
    return None if read.faults else replace(read.survey(), digest=stored.digest)
