"""What a browser posted to a form's address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from .visit import Visit


@dataclass(frozen=True)
class Body:
    """The fields of a posted form; `readable` is false where some of it could not be read."""

    fields: MultiDict[str, str]
    readable: bool


@dataclass(frozen=True)
class PostedForm:
    """A form as it was sent, in the language of its page; `environ` is the request's, as WSGI says it."""

    visit: Visit
    body: Body
    language: str = ""
    environ: Mapping[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> str | None:
        """The address that it was sent from, as far as it is known."""
        return self.environ.get("REMOTE_ADDR")

    @property
    def site(self) -> str | None:
        """What the browser says of the page that it was sent from (W3C, Fetch Metadata: Sec-Fetch-Site)."""
        return self.environ.get("HTTP_SEC_FETCH_SITE")

    @property
    def end(self) -> str:
        """The address of the page after the answer: below its own link where only that knows what is said there."""
        visit = self.visit
        if visit.preview or (visit.invitation and visit.survey.head.thanks):
            return f"{self.environ['PATH_INFO']}/thanks?lang={self.language}"
        return visit.place.end(visit.survey.id, self.language)
