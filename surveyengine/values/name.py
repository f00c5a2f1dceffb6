"""Names of surveys and questions, and the names that the engine reserves."""

from __future__ import annotations

import re

LONGEST = 64  # characters
SURVEY = r"[a-z0-9][a-z0-9-]{0,63}"
"""The pattern of the id of a survey or a touchpoint, which stands in addresses."""
QUESTION = r"[a-z][a-z0-9_]{0,63}"
"""The pattern of the id of a question, and of what a link says about its visitor: both are parameters of a link."""
RESERVED = frozenset({"form", "lang", "embed", "kiosk", "any"})
"""What a link's parameters and a condition's words mean to the engine."""

FIELD = r"[A-Za-z_][A-Za-z0-9_.-]{0,63}"
"""The pattern of a field of an event by which a report can be split: it stands in addresses too."""

is_survey = re.compile(SURVEY).fullmatch
is_question = re.compile(QUESTION).fullmatch
is_field = re.compile(FIELD).fullmatch
