"""Pages that say one thing."""

from __future__ import annotations

from collections.abc import Sequence

from ..config import Business
from ..i18n.speech import Speech
from ..markup import LanguageLink, bare, render, sentence
from .page import around, frame, style
from .script import Script

NOTICES = {
    "thanks": "Thank you. Your answer was saved.",
    "previewed": "Thank you. This was a preview, and nothing was saved.",
    "answered": "This survey was already answered. Thank you.",
    "expired": "This link has expired. Thank you for wanting to answer.",
    "closed": "This survey has closed. Thank you for wanting to answer.",
    "not_found": "There is no survey at this address. The link may be incomplete.",
    "unsubscribe": "Should {business} stop sending you survey invitations?",
    "unsubscribed": "Done. You will not receive survey invitations.",
    "too_large": "This is more than can be sent at once. Please shorten the text.",
    "too_often": "Too many answers came from your network. Please try again in a little while.",
    "unreadable": "The form could not be read. Your answers are still on this page; please send them again.",
    "unavailable": "We cannot save right now. Your answers are still on this page; please send them again shortly.",
    "unconfirmed": "Your answer is not saved yet. Please press Send to confirm it.",
    "foreign": "This form cannot be sent from here. Please open it in a window of its own.",
    "not_allowed": "Nothing can be sent to this address. Please open the link to the survey again.",
    "broken": "Something went wrong on our side. Please try again shortly.",
}
THANKED = 8  # seconds after which a tablet is there for the next customer
TEMPLATES = {"unsubscribe": "unsubscribe.html"}
DONE = frozenset({"thanks", "previewed", "answered", "unsubscribed"})
ABOVE_A_FORM = frozenset({"unreadable", "unavailable", "unconfirmed"})  # they promise answers that a page alone has not


def notice_text(kind: str, speech: Speech) -> str:
    """Return the sentence of that kind, for the top of a form that is shown again."""
    return speech.gettext(NOTICES[kind])


def notice_html(
    kind: str,
    speech: Speech,
    business: Business,
    languages: tuple[LanguageLink, ...] = (),
    static: str = "/static",
    logo: str | None = None,
    layout: str = "page",
    scripts: Sequence[Script] = (),
    restart: str | None = None,
) -> str:
    """Return the page of that kind; the one that asks about unsubscribing posts to its own address."""
    text = notice_text("broken" if kind in ABOVE_A_FORM else kind, speech)
    values = {"business": speech.words(business.name)}
    heading, stop, rest = text.partition(". ")
    return render(
        TEMPLATES.get(kind, "notice.html"),
        speech,
        **frame(speech, business, languages, static, logo),
        **around(layout, scripts, restart, THANKED),
        window=bare(text, values, speech),
        style=style(business),
        title=sentence(heading + stop.strip(), values, speech),
        rest=sentence(rest, values, speech),
        done=kind in DONE,
    )
