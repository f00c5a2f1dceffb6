"""Who a survey asks, and when, in sentences: pure, from the file to lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from ..channels.registry import CHANNELS
from ..definitions.condition import Condition
from ..definitions.survey import Invite
from ..i18n.span import span
from ..i18n.speech import Speech
from ..settings.config import SendingSettings
from ..values.msgid import N_
from .mismatch import joined, wished

OPEN = N_("Nobody is invited; customers come by the open link.")


def rules(invite: Invite | None, sending: SendingSettings, speech: Speech) -> list[str]:
    """Return when whom the survey invites, each rule in a sentence."""
    if invite is None:
        return [speech.gettext(OPEN)]
    return [*_occasion(invite, speech), *_message(invite, speech), *_limits(invite, sending, speech)]


def wanted(condition: Condition | None, speech: Speech) -> str:
    """Return what a condition wants, as a phrase; "" where there is none."""
    if condition is None:
        return ""
    tests = [
        speech.gettext("{name} {wish}", name=f"`{name}`", wish=wished(test, speech))
        for name, test in condition.tests.items()
    ]
    others = [wanted(one, speech) for one in condition.any_]
    either = [joined(N_("{one}, or {other}"), others, speech)] if others else []
    return joined(N_("{one}; and {other}"), [*tests, *either], speech)


def _occasion(invite: Invite, speech: Speech) -> Iterator[str]:
    if invite.every:
        yield speech.gettext("Every customer is asked once in {span}.", span=span(invite.every, speech))
    elif invite.after:
        said = N_("{span} after the event {type}.")
        yield speech.gettext(said, span=span(invite.after, speech), type=f"`{invite.on}`")
    else:
        yield speech.gettext("As soon as the event {type} comes in.", type=f"`{invite.on}`")
    if invite.when:
        yield speech.gettext("Condition: {wanted}.", wanted=wanted(invite.when, speech))
    if invite.sample < 1:
        share = 100 * invite.sample
        yield speech.gettext("A random {share} of them.", share=speech.percent(share, 0 if share == int(share) else 1))
    if invite.share:
        said = N_("Where surveys compete, the lot gives this one {share} of the invitations.")
        yield speech.gettext(said, share=speech.percent(100 * invite.share, 0))
    if invite.draw:
        yield speech.gettext("Each event goes to one survey of the draw {name}.", name=f"`{invite.draw}`")
    if invite.cancel_on:
        yield speech.gettext("Not any more once {types} has happened.", types=_either(invite.cancel_on, speech))


def _message(invite: Invite, speech: Speech) -> Iterator[str]:
    ways = [speech.gettext(CHANNELS[one].how) if one in CHANNELS else f"`{one}`" for one in invite.channels]
    yield speech.gettext("The invitation comes {way}.", way=joined(N_("{one}, or {other}"), ways, speech))
    for after in invite.remind:
        yield speech.gettext("A reminder follows after {span}, where no answer came.", span=span(after, speech))
    yield speech.gettext("Its link works for {span}.", span=span(invite.expires, speech))


def _limits(invite: Invite, sending: SendingSettings, speech: Speech) -> Iterator[str]:
    if invite.exempt:
        yield speech.gettext("The limits on how often a customer may be asked do not hold for it.")
        return
    if invite.cooldown:
        said = N_("Not within {span} of the customer's last invitation to this survey.")
        yield speech.gettext(said, span=span(invite.cooldown, speech))
    if sending.cooldown:
        said = N_("Not within {span} of the customer's last invitation to any survey.")
        yield speech.gettext(said, span=span(sending.cooldown, speech))
    for window, most in sending.at_most:
        yield _at_most(most, window, speech)


def _at_most(most: int, window: timedelta, speech: Speech) -> str:
    return speech.ngettext(
        "At most {count} invitation in {span}.",
        "At most {count} invitations in {span}.",
        most, count=most, span=span(window, speech),
    )  # fmt: skip


def _either(types: Sequence[str], speech: Speech) -> str:
    return joined(N_("{one}, or {other}"), [f"`{one}`" for one in types], speech)
