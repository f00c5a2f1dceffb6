"""Who may sign in: people are added, removed, and given another role."""

from __future__ import annotations

from ..store.people import StaffMember
from ..values.clean import Unclean, text, unmarked
from ..values.email_address import ascii_address, normal
from ..values.enumeration import Role
from ..values.link_tokens import new_id
from ..values.msgid import N_
from .unfit import Unfit

LONGEST_NAME = 100  # characters

NO_ADDRESS = N_("This is not an e-mail address; one such as name@example.com would be right.")
NO_NAME = N_("A name is needed, of at most 100 characters.")


def described(email: str, name: str, role: Role, language: str) -> StaffMember:
    """Return somebody new; raises Unfit for an address or a name that cannot be taken."""
    try:
        plain = normal(ascii_address(unmarked(email).strip()))
    except ValueError as error:
        raise Unfit(NO_ADDRESS) from error
    try:
        called = text(name, LONGEST_NAME)
    except Unclean as error:
        raise Unfit(NO_NAME) from error
    if not called:
        raise Unfit(NO_NAME)
    return StaffMember(new_id(), plain, called, role, language)
