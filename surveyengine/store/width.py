"""What columns can hold, read off the tables: whoever lets a value in asks here how long or how large it may be."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Integer, String, Text

from .schema import api_key, customer, invitation


def longest(column: Column[Any]) -> int:
    """Return how many characters a column of text holds; raises TypeError for one that has no such limit."""
    if not isinstance(column.type, String) or isinstance(column.type, Text) or column.type.length is None:
        raise TypeError(f"{column} has no longest text")
    return int(column.type.length)


def largest(column: Column[Any]) -> int:
    """Return the largest whole number that a column holds on either database; the smallest is one below its negative.

    Raises TypeError for a column of something else.
    """
    if not isinstance(column.type, Integer):
        raise TypeError(f"{column} does not hold whole numbers")
    return 2**63 - 1 if isinstance(column.type, BigInteger) else 2**31 - 1


EMAIL = longest(customer.c.email)
PHONE = longest(customer.c.phone)
LANGUAGE = longest(customer.c.language)
TIMEZONE = longest(customer.c.timezone)
KEY_NAME = longest(api_key.c.name)
SECONDS = largest(invitation.c.expires_after)
