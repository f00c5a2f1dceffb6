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
    privacy,
    project,
    report,
    resume,
    retire,
    retry,
    secret,
    server,
    simulate,
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
    "privacy",
    "project",
    "report",
    "resume",
    "retire",
    "retry",
    "secret",
    "server",
    "simulate",
    "status",
    "user",
]
