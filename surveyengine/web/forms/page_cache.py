"""The pages that are the same for everybody but for their token: rendered once, and kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ..wsgi.gzip import deflated, joined

MOST = 1_000  # pages that are kept


@dataclass(frozen=True)
class CachedPage:
    """A page around the place of its token, and the policy for its style."""

    before: bytes
    after: bytes
    policy: str

    def filled(self, token: str) -> bytes:
        """Return the page with that token."""
        return b"".join((self.before, token.encode(), self.after))

    def packed(self, token: str) -> bytes:
        """Return the same in gzip; all but the token was compressed before."""
        return joined(self._deflated[0], token.encode(), self._deflated[1], self.filled(token))

    @cached_property
    def _deflated(self) -> tuple[bytes, bytes]:
        return deflated(self.before, last=False), deflated(self.after, last=True)


class PageCache:
    """The pages that were rendered, by what is served (the library's generation), survey version and language."""

    def __init__(self) -> None:
        self._pages: dict[tuple[int, str, str], CachedPage] = {}

    def get(self, key: tuple[int, str, str]) -> CachedPage | None:
        """Return the page where it was rendered."""
        return self._pages.get(key)

    def keep(self, key: tuple[int, str, str], page: CachedPage) -> CachedPage:
        """Keep a page, and return it."""
        if len(self._pages) >= MOST:
            self._pages.clear()
        self._pages[key] = page
        return page
