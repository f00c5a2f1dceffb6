"""What all transports of mail share: they make a MIME message, and say whose fault a failure is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

from . import failure
from .mime import Mail, message, sender
from .refusal import Blame, DeliveryError


def composed(mail: Mail, now: datetime, seven_bit: bool = False) -> EmailMessage:
    """Return the MIME message of the mail; raises DeliveryError for addresses that cannot be used."""
    try:
        sender(mail.from_)
    except ValueError as fault:
        raise DeliveryError(
            failure.worded(failure.WRONG_SENDER, f"[email] from is {fault}"), permanent=False, blame=Blame.US
        ) from fault
    try:
        return message(mail, now, seven_bit)
    except ValueError as fault:
        raise DeliveryError(failure.worded(failure.WRONG_ADDRESS, str(fault)), permanent=True) from fault


@contextlib.contextmanager
def writing(place: Path | str) -> Iterator[None]:
    """Turn an OSError in the block into a DeliveryError that blames us."""
    try:
        yield
    except OSError as fault:
        why = failure.worded(failure.NOT_WRITTEN, f"{place}: {fault.strerror or fault}")
        raise DeliveryError(why, permanent=False, blame=Blame.US) from fault
