"""What people change of their own account: their language, their password, their sessions."""

from __future__ import annotations

from collections.abc import Sequence

from ..engine import Engine
from ..store import people, sessions
from ..store.people import StaffMember
from ..values.enumeration import AuditAction
from ..values.msgid import N_
from . import password, session, throttle
from .caller import Caller, note, noted
from .sign_in import counted
from .unfit import Unfit

WRONG = N_("The password that you have now is not right.")


def known_of(engine: Engine, member: StaffMember) -> Sequence[str]:
    """Return what everybody may know of somebody: their password must not be made of it."""
    return (member.email, member.name, *engine.config.business.name.values())


def speak(engine: Engine, member: StaffMember, language: str) -> None:
    """Show pages in that language from now on."""
    with engine.database.write() as connection:
        people.change(connection, member.id, language=language)


def change_password(engine: Engine, now: str, chosen: str, caller: Caller) -> str:
    """Set another password, and return the id of a new session; all others of theirs end.

    Raises Unfit where the one that they have now is wrong or the new one cannot be taken, and TooOften and TooBusy as
    at sign-in.
    """
    password.checked(chosen, known_of(engine, caller.somebody))
    allowed = throttle.limits(engine.secret, caller.somebody.email, caller.network)
    counted(engine, allowed, caller)
    with engine.database.read() as connection:
        known = people.by_id(connection, caller.somebody.id)
    if known is None or not password.is_right(now, known.password or password.nobodys()):
        noted(engine, caller, AuditAction.NOT_SIGNED_IN)
        raise Unfit(WRONG)
    kept = password.fresh(chosen)
    with engine.database.write() as connection:
        throttle.give_back(connection, allowed, caller.now)
        people.change(connection, known.member.id, password=kept)
        sessions.end_all(connection, known.member.id)
        note(connection, caller, AuditAction.PASSWORD_SET)
        return session.begin(connection, known.member, caller.browser, caller.now)


def end_session(engine: Engine, key: int, caller: Caller) -> bool:
    """End one of the caller's sessions; False where it is not theirs, or has ended."""
    with engine.database.write() as connection:
        is_ended = sessions.end(connection, caller.somebody.id, key)
        if is_ended:
            note(connection, caller, AuditAction.SESSION_ENDED)
        return is_ended


def end_all(engine: Engine, caller: Caller) -> None:
    """End all of the caller's sessions."""
    with engine.database.write() as connection:
        sessions.end_all(connection, caller.somebody.id)
        note(connection, caller, AuditAction.SIGNED_OUT_EVERYWHERE)
