"""A poster (A4): the business, one sentence, and the QR code of a link."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

from ..definitions.text import Text
from ..i18n.language import name
from ..i18n.speech import Speech
from ..settings.config import Business
from . import palette, qr
from .markup import bare, render
from .picture import data_uri

SUFFIXES = (".html", ".svg")
FONTS = Path(__file__).parents[1] / "web" / "static" / "fonts"
FAMILIES = {"he": ("Heebo", "heebo-*.woff2"), "fa": ("Vazirmatn", "vazirmatn-*.woff2")}
LONGEST_ADDRESS = 56  # characters that somebody might type
TITLE, SENTENCE = (40, 2), (25, 3)  # characters of a line, and lines
SENTENCES = re.compile(r"(?<=[.!?؟]) ")  # between them


@dataclass(frozen=True)
class Poster:
    """The content of a poster: `link` is the target of its QR code, `title` that of the survey."""

    link: str
    business: Business
    title: Text
    logo: Path | None = None


def save(poster: Poster, speech: Speech, path: Path) -> None:
    """Write the poster in a language, as HTML to print or as SVG, by the file's suffix."""
    path.write_text(drawn(poster, speech, path.suffix.lower().removeprefix(".")), encoding="utf-8")


def drawn(poster: Poster, speech: Speech, style: str) -> str:
    """Return the poster in a language, as `html` to print or as `svg`."""
    return render(f"poster.{style}", speech, **_shown(poster, speech))


def _shown(poster: Poster, speech: Speech) -> dict[str, object]:
    business = speech.words(poster.business.name)
    address = poster.link.partition("://")[2]
    modules, code = qr.drawing(poster.link)
    family, files = FAMILIES.get(speech.language, ("system-ui", ""))
    return {
        "business": business,
        "letter": business.strip()[:1].upper(),
        "logo": data_uri(poster.logo) if poster.logo else None,
        "title": _lines(bare(speech.words(poster.title), {"business": business}, speech), *TITLE),
        "sentence": _spoken(speech.gettext("How was it? We would like to hear from you.")),
        "camera": speech.gettext("Point your phone's camera here."),
        "address": address if len(address) <= LONGEST_ADDRESS else "",
        "languages": " · ".join(name(language) for language in poster.business.languages),
        "color": palette.palette(poster.business.color)["accent"],
        "modules": modules,
        "code": code,
        "family": family,
        "fonts": [data_uri(font) for font in sorted(FONTS.glob(files))] if files else [],
    }


def _spoken(text: str) -> list[str]:
    """Return the text in lines; each sentence begins a line where the lines are few enough."""
    lines = [line for one in SENTENCES.split(text) for line in wrap(one, SENTENCE[0])]
    return lines if len(lines) <= SENTENCE[1] else _lines(text, *SENTENCE)


def _lines(text: str, width: int, most: int) -> list[str]:
    """Return the text in at most that many lines; the last one ends in "…" where text was left out."""
    lines = wrap(text, width)
    return lines if len(lines) <= most else [*lines[: most - 1], f"{lines[most - 1][: width - 1]}…"]
