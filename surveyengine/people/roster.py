"""Who may sign in: people are added, removed, and given another role."""

from __future__ import annotations

import re

from ..engine import Engine
from ..store import people
from ..store.engine.database import Connection
from ..store.people import ListedMember, StaffMember
from ..values.clean import Unclean, text, unmarked
from ..values.email_address import ascii_address, normal
from ..values.enumeration import AuditAction, Role
from ..values.link_tokens import new_id
from ..values.msgid import N_
from . import link
from .caller import Caller, note
from .unfit import Unfit

LONGEST_NAME = 100  # characters
ID = re.compile(r"[\w-]{16}", re.ASCII)

NO_ADDRESS = N_("This is not an e-mail address; one such as name@example.com would be right.")
NO_NAME = N_("A name is needed, of at most 100 characters.")
TAKEN = N_("There is somebody with the address {email} already.")
NOBODY = N_("There is nobody with the address {email}.")
GONE = N_("There is nobody like that any more.")
LAST_ADMIN = N_("This is the only admin; somebody has to stay who manages people. Make another one first.")


def described(email: str, name: str, role: Role, language: str) -> StaffMember:
    """Return somebody new; raises Unfit for an address or a name that cannot be taken."""
    plain = address(email)
    try:
        called = text(name, LONGEST_NAME)
    except Unclean as error:
        raise Unfit(NO_NAME) from error
    if not called:
        raise Unfit(NO_NAME)
    return StaffMember(new_id(), plain, called, role, language)


def address(typed: str) -> str:
    """Return the normal form of an e-mail address; raises Unfit where it is none."""
    try:
        return normal(ascii_address(unmarked(typed).strip()))
    except ValueError as error:
        raise Unfit(NO_ADDRESS) from error


def add(engine: Engine, wanted: StaffMember, caller: Caller) -> str:
    """Add somebody, and return the path of the link by which they choose a password.

    Raises Unfit where their address is taken.
    """
    with engine.database.write() as connection:
        if not people.add(connection, wanted, caller.now):
            raise Unfit(TAKEN, email=wanted.email)
        note(connection, caller, AuditAction.PERSON_ADDED, _told(wanted))
        return link.make(connection, wanted, caller.now)


def renew(engine: Engine, id: str, caller: Caller) -> tuple[StaffMember, str]:
    """Return somebody, and the path of a new link by which they choose a password; the old one holds until then.

    Raises Unfit where there is nobody with the id.
    """
    with engine.database.write() as connection:
        known = _known(connection, id).member
        note(connection, caller, AuditAction.LINK_MADE, known.email)
        return known, link.make(connection, known, caller.now)


def give(engine: Engine, id: str, role: Role, caller: Caller) -> StaffMember:
    """Give somebody a role, from their next request on; raises Unfit where no admin were left, or nobody is there."""
    with engine.database.write() as connection:
        known = _known(connection, id)
        if role is not known.member.role:
            _check_last(connection, known)
            people.change(connection, id, role=role)
            note(connection, caller, AuditAction.ROLE_CHANGED, _told(known.member._replace(role=role)))
        return known.member


def remove(engine: Engine, id: str, caller: Caller) -> StaffMember:
    """Remove somebody with all their sessions; raises Unfit where no admin were left, or nobody is there."""
    with engine.database.write() as connection:
        known = _known(connection, id)
        _check_last(connection, known)
        people.remove(connection, id)
        note(connection, caller, AuditAction.PERSON_REMOVED, _told(known.member))
        return known.member


def id_of(engine: Engine, email: str) -> str:
    """Return the id of whoever has the e-mail address; raises Unfit where nobody has."""
    with engine.database.read() as connection:
        known = people.by_email(connection, address(email))
    if known is None:
        raise Unfit(NOBODY, email=email)
    return known.member.id


def listed(engine: Engine) -> list[ListedMember]:
    """Return everybody, by name."""
    with engine.database.read() as connection:
        return people.listed(connection)


def _known(connection: Connection, id: str) -> ListedMember:
    known = people.by_id(connection, id) if ID.fullmatch(id) else None
    if known is None:
        raise Unfit(GONE)
    return known


def _check_last(connection: Connection, known: ListedMember) -> None:
    """Raise Unfit where nobody else could manage people; who has never signed in is not missed."""
    is_admin = known.member.role is Role.ADMIN and known.password is not None
    if is_admin and not people.others_with(connection, Role.ADMIN, known.member.id):
        raise Unfit(LAST_ADMIN)


def _told(member: StaffMember) -> str:
    return f"{member.email} {member.role}"
