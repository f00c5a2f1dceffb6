"""Pages that tell a customer one thing: thanks, and every reason why there is no form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from ...i18n.speech import Speech
from ...look.foot import Way
from ...look.markup import bare, render, sentence
from ...values.msgid import N_
from .form_page import PageFrame, frame, style
from .way_out import Offer

NOTICES = {
    "thanks": N_("Thank you, that helps. Your answer was saved, and our team will use it to do better."),
    "previewed": N_("Thank you. This was a preview, and nothing was saved."),
    "answered": N_("This survey was answered {when}. Thank you."),
    "stands": N_("This survey was answered {when}. That answer stands, and what you sent now was not saved."),
    "taken": N_(
        "An answer from this form was saved {when}. What you sent now was not saved. "
        "You can send it as another answer, with a new form."
    ),
    "spent": N_(
        "An answer from this form was saved {when}. What you sent now was not saved. "
        "To send another answer, please start again."
    ),
    "expired": N_("This link has expired. Thank you for coming by to answer."),
    "closed": N_("This survey has closed. Thank you for coming by to answer."),
    "not_found": N_("There is no survey at this address. The link may be incomplete."),
    "unsubscribe": N_("Should {business} stop sending you survey invitations?"),
    "unsubscribed": N_("Done. You will not receive any more survey invitations from us."),
    "reduced": N_("Done. You will receive fewer survey invitations from us."),
    "resubscribed": N_("Done. You will receive survey invitations from us again."),
    "home": N_(
        "This is where {business} asks for the opinion of its customers. "
        "To answer, please open the link in the message that you received."
    ),
    "too_large": N_("This is more than can be sent at once. Please shorten the text."),
    "guessed": N_(
        "Too many links that do not exist were opened from your network. Please try again in a little while."
    ),
    "slow": N_("What was sent did not arrive in time. Nothing was saved. Please go back and send it again."),
    "full": N_("We cannot take this right now. Nothing was saved. Please go back and send it again shortly."),
    "too_often": N_("Too many answers came from your network. Please try again in a little while."),
    "unreadable": N_("The form could not be read. Your answers are still on this page; please send them again."),
    "unavailable": N_("We cannot save right now. Your answers are still on this page; please send them again shortly."),
    "unconfirmed": N_("Your answer is not saved yet. Please press Send to confirm it."),
    "unchosen": N_("Your answer is not saved yet. Please choose it again and press Send."),
    "foreign": N_("This form cannot be sent from here. Please open it in a window of its own."),
    "not_allowed": N_("Nothing can be sent to this address. Please open the link to the survey again."),
    "broken": N_("Something went wrong on our side. Please try again shortly."),
}
HEADING = re.compile(r"(?<=[.!?؟]) ")  # where the first sentence of a notice ends
THANKED = 8  # seconds after which a tablet is there for the next customer
TEMPLATES = {"unsubscribe": "unsubscribe.html"}
DONE = frozenset({"thanks", "previewed", "answered", "unsubscribed", "reduced", "resubscribed"})
# They promise answers that a page alone has not.
ABOVE_A_FORM = frozenset({"unreadable", "unavailable", "unconfirmed", "unchosen"})


@dataclass(frozen=True)
class Anew:
    """A new form filled in with what was sent: its address, token and fields; `empty` leads to one without them."""

    action: str
    token: str
    fields: Sequence[tuple[str, str]]
    empty: str


def notice_text(kind: str, speech: Speech) -> str:
    """Return the sentence of that kind, for the top of a form that is shown again."""
    return speech.gettext(NOTICES[kind])


@dataclass(frozen=True, kw_only=True)
class NoticeView(PageFrame):
    """A page that tells something of that kind, and what else stands on it.

    `when` says when something was saved, as `moment_text` does; `onward` leads on from a page that ends. `back` offers
    to be invited again, `stop` to stop it all, and `offers` something between. `thanks` is what the survey says after
    an answer, and `said` what else is to be said.
    """

    kind: str
    when: str = ""
    anew: Anew | None = None
    onward: Way | None = None
    back: bool = False
    thanks: Markup | None = None
    offers: Sequence[Offer] = ()
    stop: bool = False
    said: Sequence[Markup] = ()


def notice_html(view: NoticeView) -> str:
    """Return the page; the one that asks about unsubscribing posts to its own address."""
    speech, business = view.speech, view.business
    text = notice_text("broken" if view.kind in ABOVE_A_FORM else view.kind, speech)
    values = {"business": speech.words(business.name), "when": view.when}
    heading, *more = HEADING.split(text, maxsplit=1)
    own = [view.thanks] if view.thanks else []
    rest = own if own and view.kind == "thanks" else [*own, *(sentence(one, values, speech) for one in more)]
    rest += view.said
    return render(
        TEMPLATES.get(view.kind, "notice.html"),
        speech,
        **frame(view, THANKED),
        window=" ".join([bare(heading, values, speech), *(one.striptags() for one in rest)]),
        style=style(business),
        title=sentence(heading, values, speech),
        rest=rest,
        done=view.kind in DONE,
        anew=view.anew,
        onward=view.onward,
        back=view.back,
        offers=view.offers,
        stop=view.stop,
    )


def moment_text(at: datetime | None, now: datetime, speech: Speech) -> str:
    """Return when something was, as a sentence goes on: by the clock of `now`, and with the day where it was not today.

    A moment that is not known was earlier.
    """
    if at is None:
        return speech.gettext("earlier")
    local = at.astimezone(now.tzinfo)
    if local.date() == now.date():
        return speech.gettext("at {time}", time=speech.time(local))
    return speech.gettext("on {day} at {time}", day=speech.date(local.date()), time=speech.time(local))
