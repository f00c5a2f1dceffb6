"""That something somebody typed cannot be taken."""

from __future__ import annotations


class Unfit(Exception):
    """Says why, as a sentence to be translated, and with which values."""

    def __init__(self, said: str, **values: object) -> None:
        super().__init__(said)
        self.said, self.values = said, values
