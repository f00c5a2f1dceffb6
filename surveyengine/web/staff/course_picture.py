"""A large chart as a file of its own."""

from __future__ import annotations

from flask import Response

from ...i18n.speech import Speech
from ..forms.form_page import style_hash
from . import course_chart
from .course_chart import LONG, ScoreCourse

STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#5a6669}path:not(.full){fill:none;stroke-width:1.5}.hair{stroke:#d9d5cb}"
    ".band{fill:#dbe1e0}.paper{fill:#f6f4ef}.whisker{stroke:#76868a}.smooth{stroke:#1d2426}.ink{fill:#1d2426}"
    ".scores{stroke:#76868a}.upright{stroke:#1d2426}.target{stroke:#1d2426;stroke-dasharray:3 3}"
    ".dot{fill:#34484c}.hollow{fill:#fff;stroke:#34484c}"
)


def picture(speech: Speech, course: ScoreCourse, words: str) -> Response:
    """Return the large chart by itself, with the few rules of style that it needs."""
    svg = str(course_chart.large(speech, course, words, LONG))
    head = '<svg xmlns="http://www.w3.org/2000/svg" width="846" height="320" '
    whole = svg.replace("<svg ", head, 1).replace(">", f"><style>{STYLE}</style>", 1)
    response = Response(whole, content_type="image/svg+xml")
    response.headers["Content-Security-Policy"] = f"default-src 'none'; style-src {style_hash(STYLE)}"
    return response
