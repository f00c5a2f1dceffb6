"""The addresses of a business in config.toml: its contact and its privacy policy."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from ..values.email_address import ascii_address

PAGE = re.compile(r"https?://([\w.-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?([/?#][^\s<>\"'`\\]*)?", re.IGNORECASE)
MAILTO = "mailto:"


def _contact(text: str) -> str:
    if PAGE.fullmatch(text):
        return text
    try:
        return MAILTO + ascii_address(text[len(MAILTO) :] if text.lower().startswith(MAILTO) else text)
    except ValueError as error:
        hint = (
            'must be a way to reach you; write one such as "mailto:care@example.com", or "https://example.com/contact"'
        )
        raise PydanticCustomError("contact", "{hint}", {"hint": hint}) from error


def _page(text: str) -> str:
    if not PAGE.fullmatch(text):
        raise PydanticCustomError("page", 'must be a web address; write one such as "https://example.com/privacy"')
    return text


Contact = Annotated[str, AfterValidator(_contact)]
PageAddress = Annotated[str, AfterValidator(_page)]
