"""The commands of the command line; each calls a room."""

from __future__ import annotations

from . import (
    backup,
    demo,
    doctor,
    event,
    explain,
    export,
    key,
    link,
    project,
    report,
    resume,
    retire,
    retry,
    secret,
    server,
    status,
    user,
)
from .group import main

__all__ = [
    "backup",
    "demo",
    "doctor",
    "event",
    "explain",
    "export",
    "key",
    "link",
    "main",
    "project",
    "report",
    "resume",
    "retire",
    "retry",
    "secret",
    "server",
    "status",
    "user",
]
