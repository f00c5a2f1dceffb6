"""Where a form stands: on a page of its own, in the frame of another page, or on a tablet in a shop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from ..definitions.survey import Survey
from ..engine import Engine
from ..values.context import SIGNED, Context, Pairs, read
from ..values.enumeration import FormLayout

HOST = "form.host"  # the parameter that names the page around a frame
CHOICE = "form.languages"  # the parameter with which a frame lets its visitor choose the language
STANDING = ("embed", HOST, CHOICE)
OVER = ("popup", "tab")  # frames that open over their page, where little room is wanted
USUAL_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Placement:
    """How an open link shows a form: the layout, the link's context, and the query that leads back to it.

    `host` is the origin of the framing page that is told what happens; only an origin of `embed_origins` is one. `over`
    is `popup` or `tab` for a frame that opens over its page.
    """

    layout: str = FormLayout.PAGE
    host: str = ""
    context: Context = Context()
    query: Pairs = ()
    over: str = ""

    @property
    def look(self) -> str:
        """The class names by which the page's style knows the place."""
        return f"{self.layout} {self.over}".strip()

    @property
    def by_steps(self) -> bool:
        """Whether one question is shown at a time, where the browser runs scripts."""
        return self.layout == FormLayout.KIOSK or bool(self.over)

    @property
    def offers_languages(self) -> bool:
        """Whether the visitor may choose one: not in a frame whose page has said which it is."""
        return self.layout != FormLayout.EMBED or (CHOICE, "1") in self.query

    def link(self, path: str, language: str) -> str:
        """Return the address of another page at this place."""
        return f"{path}?{_query(self.query, language)}"

    def end(self, survey: str, language: str) -> str:
        """Return the address of the page after an answer; only a tablet keeps the link's context, to begin again."""
        kept = self.query if self.layout == FormLayout.KIOSK else tuple(one for one in self.query if one[0] in STANDING)
        return f"/s/{survey}/thanks?{_query(kept, language)}"


def _query(pairs: Pairs, language: str) -> str:
    return urlencode([*pairs, ("lang", language)]) if pairs else f"lang={language}"


def place(engine: Engine, survey: Survey, parameters: Iterable[tuple[str, str]], language: str) -> Placement:
    """Return the place that an open link leads to, at a survey, shown in that language."""
    given = list(parameters)
    first = dict(reversed(given))
    asked = {question.id for question in survey.questions}
    said = [read(engine.secrets, id, given, asked) for id in survey.ids]  # signed perhaps before it was renamed
    context = next((one for one in said if not one.claimed), said[0])
    query = [*context.pairs, *((name, first[name]) for name in (SIGNED,) if name in first)]
    if first.get("kiosk", "0") not in ("", "0"):
        # A tablet begins again in the language in which it began.
        again = first["kiosk"] if first["kiosk"] in engine.config.languages else language
        return Placement(FormLayout.KIOSK, "", context, (*query, ("kiosk", again)))
    if first.get("embed", "0") in ("", "0"):
        return Placement(FormLayout.PAGE, "", context, tuple(query))
    host = listed(first.get(HOST, ""), engine.config.web.embed_origins)
    over = first["embed"] if first["embed"] in OVER else ""
    query += [("embed", over or "1"), *([(HOST, host)] if host else [])]
    query += [(CHOICE, "1")] if CHOICE in first or "lang" not in first else []
    return Placement(FormLayout.EMBED, host, context, tuple(query), over)


def again(place: Placement) -> str:
    """Return the language in which a tablet begins again."""
    return dict(place.query).get("kiosk", "")


def listed(host: str, origins: Sequence[str]) -> str:
    """Return the origin where it is one of these, as browsers spell it; else ""."""
    return host if host in {spelled(origin) for origin in origins} else ""


def spelled(origin: str) -> str:
    """Return an origin as browsers spell it: small, without the port that goes without saying."""
    parts = urlsplit(origin.lower())
    usual = parts.port in (None, USUAL_PORTS.get(parts.scheme))
    return f"{parts.scheme}://{parts.hostname if usual else parts.netloc}"
