"""The only door to Jinja2: templates in a language, and sentences with values put into them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import NamedTuple
from unicodedata import bidirectional

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from ..definitions.text import Said, Value, Values, fill
from ..i18n.speech import Speech
from ..values import bidi
from ..values.bidi import END_ISOLATE, ISOLATE

SHORT = 24  # characters that stay on one line of a narrow phone
_PACKAGE = Path(__file__).parents[1]

ENVIRONMENT = Environment(
    loader=FileSystemLoader([_PACKAGE / "web" / "templates", _PACKAGE / "channels" / "templates"]),
    autoescape=select_autoescape(disabled_extensions=("txt",), default=True, default_for_string=True),
    undefined=StrictUndefined,
    extensions=["jinja2.ext.i18n"],
    trim_blocks=True,
    lstrip_blocks=True,
)
ENVIRONMENT.filters["inert"] = bidi.without  # for what others wrote and is shown as it is


class LanguageLink(NamedTuple):
    """The same page in another language: its code, its own name, its address, and whether it is this one."""

    code: str
    name: str
    url: str
    current: bool = False


def render(template: str, speech: Speech, **values: object) -> str:
    """Return the template filled with the values, its words in the language of `speech`."""
    words = {"speech": speech, "gettext": speech.gettext, "ngettext": speech.ngettext}
    return ENVIRONMENT.get_template(template).render(**words, **values)


def compile_all() -> None:
    """Compile every template now, so that forked processes share them."""
    for name in ENVIRONMENT.list_templates():
        ENVIRONMENT.get_template(name)


def sentence(text: str, values: Values, speech: Speech) -> Markup:
    """Return the text as HTML: escaped, with every value isolated from the direction of the text around it."""
    return Markup("").join(
        _isolated(_words(part.content, speech)) if isinstance(part, Value) else escape(part)
        for part in fill(text, values)
    )


def plain(text: str, values: Values, speech: Speech) -> str:
    """Return the text without markup, as in subjects and text mails, with every value between isolates."""
    return "".join(
        f"{ISOLATE}{_words(part.content, speech)}{END_ISOLATE}" if isinstance(part, Value) else part
        for part in fill(text, values)
    )


def bare(text: str, values: Values, speech: Speech) -> str:
    """Return the text without markup and isolates, for the title of a window."""
    return plain(text, values, speech).replace(ISOLATE, "").replace(END_ISOLATE, "")


def _isolated(words: str) -> Markup:
    kind = "value" if len(words) <= SHORT else "value long"
    return Markup('<bdi class="{}">{}</bdi>').format(kind, words)


def _words(value: Said, speech: Speech) -> str:
    """Return the value on one line, without bidi controls, which could end the isolate around it."""
    if isinstance(value, tuple):
        return speech.enumeration([_item(_words(item, speech), speech) for item in value])
    if isinstance(value, int | float | Decimal):
        return speech.number(value)
    return " ".join(bidi.without(value).split())


def _item(words: str, speech: Speech) -> str:
    """Return an item of a list, isolated where it runs against the direction of the language."""
    against = ("R", "AL") if speech.direction == "ltr" else ("L",)
    runs_against = any(bidirectional(char) in against for char in words)
    return f"{ISOLATE}{words}{END_ISOLATE}" if runs_against else words
