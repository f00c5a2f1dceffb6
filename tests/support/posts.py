"""What sends the invitations of a test."""

from __future__ import annotations

from typing import Any

from surveyengine.channels.channel import Transport
from surveyengine.channels.email import EMAIL
from surveyengine.channels.registry import Outlet
from surveyengine.engine import Engine
from surveyengine.invitations.delivery import Post


def by_mail(engine: Engine, transport: Transport[Any], address: str) -> Post:
    """A post whose mails leave by this transport."""
    return Post(engine, {EMAIL.name: Outlet(EMAIL, transport)}, address)
