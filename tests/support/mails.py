"""A mail of the tests' own."""

from __future__ import annotations

from datetime import UTC, datetime

from surveyengine.channels.mime import Mail

NOW = datetime(2026, 11, 20, 14, 3, tzinfo=UTC)
MAIL = Mail(
    to="dana@example.com",
    to_name="דנה",
    from_="Nava Home <hello@example.com>",
    subject="איך עבר המשלוח?",
    text="שלום דנה\n.\n..\nhttps://feedback.example.com/r/abc\n",
    html="<p>שלום דנה</p>",
    language="he",
    unsubscribe_url="https://feedback.example.com/u/abc",
    key="invitation-17",
)
