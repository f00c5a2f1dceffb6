"""The foot of every page and mail: the links to the business."""

from __future__ import annotations

from typing import NamedTuple

from ..i18n.speech import Speech
from ..settings.config import Business
from ..settings.contact import MAILTO


class Way(NamedTuple):
    """A link: its words and its address."""

    words: str
    url: str

    @property
    def shown(self) -> str:
        """The address as people write it."""
        return self.url.removeprefix(MAILTO)


def ways(speech: Speech, business: Business) -> tuple[Way, ...]:
    """Return the links that the business has configured."""
    named = ((speech.gettext("Contact us"), business.contact), (speech.gettext("Privacy policy"), business.privacy))
    return tuple(Way(words, url) for words, url in named if url)
