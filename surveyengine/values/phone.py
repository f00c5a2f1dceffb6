"""Telephone numbers. The only door to phonenumbers."""

from __future__ import annotations

import phonenumbers

LONGEST = 60  # characters, more than any number has with its brackets and spaces


MOBILE = phonenumbers.PhoneNumberType.MOBILE


class NoNumber(ValueError):
    """The text is not a telephone number; `at_home` is False where its country code is missing or unknown."""

    def __init__(self, at_home: bool) -> None:
        super().__init__("no telephone number")
        self.at_home = at_home


def e164(text: str, country: str | None) -> str:
    """Return the number as +972501234567; one without a country's code is of `country` (ISO 3166, "IL").

    Raises NoNumber.
    """
    try:
        number = phonenumbers.parse(text[: LONGEST + 1], country)
    except phonenumbers.NumberParseException as error:
        unknown = error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE
        raise NoNumber(at_home=not unknown) from error
    if len(text) > LONGEST or not _may_ring(number):
        raise NoNumber(at_home=True)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _may_ring(number: phonenumbers.PhoneNumber) -> bool:
    """Whether the number may be in use: the library knows it, or it is as long as a mobile number of a new range."""
    return phonenumbers.is_valid_number(number) or phonenumbers.is_possible_number_for_type(number, MOBILE)
