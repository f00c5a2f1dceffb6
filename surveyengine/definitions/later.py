"""What has no effect yet, with a warning."""

from __future__ import annotations

from collections.abc import Mapping

NO_EFFECT = "it is read, and has no effect yet"
CHANNELS: Mapping[str, str] = {"sms": "text messages"}  # until there is a channel of that name
