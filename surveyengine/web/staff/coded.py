"""Sentences with names from files in them, which stand between backticks."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from ...channels.failure import told
from ...definitions.fault import visible
from ...i18n.speech import Speech
from ...values.bidi import without

NAME = re.compile(r"`([^`]+)`")


def coded(text: str) -> Markup:
    """Return the sentence as HTML, with each name between backticks as code, which is read from left to right."""
    parts = NAME.split(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(one) if at % 2 else escape(one) for at, one in enumerate(parts)
    )


def failure(stored: str | None, speech: Speech) -> Markup:
    """Return why a message did not leave, in words; what a mail server replied is code in them."""
    return coded(visible(without(told(stored or "", speech))))
