"""The commands; each is a few lines over a room."""

from __future__ import annotations

from . import event, explain, export, key, link, project, report, resume, retire, retry, server, status
from .group import main

__all__ = [
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
    "server",
    "status",
]
