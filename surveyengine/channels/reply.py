"""A mail server's replies, read up to a limit, because endless lines would fill the memory."""

from __future__ import annotations

import socket
from typing import BinaryIO

LONGEST = 65_536  # bytes of one reply; RFC 5321 (4.5.3.1.5) lets a line have 512


class Replies:
    """The lines of a connection; raises OSError for a reply that is longer than the limit."""

    def __init__(self, lines: BinaryIO) -> None:
        self._lines, self._left = lines, LONGEST

    def begin(self) -> None:
        """Begin another reply."""
        self._left = LONGEST

    def readline(self, most: int) -> bytes:
        """Return the next line of the reply, as a file does."""
        line = self._lines.readline(most)
        self._left -= len(line)
        if self._left < 0:
            raise OSError(f"its reply has more than {LONGEST:,} bytes")
        return line

    def close(self) -> None:
        """Close the connection's file."""
        self._lines.close()


class Bounded:
    """A mix-in for connections of smtplib that reads no reply beyond the limit."""

    file: Replies | None
    sock: socket.socket | None

    def getreply(self) -> tuple[int, bytes]:
        """Return the code and the text of the next reply."""
        if self.file is None and self.sock:
            self.file = Replies(self.sock.makefile("rb"))
        if self.file:
            self.file.begin()
        reply: tuple[int, bytes] = super().getreply()  # type: ignore[misc]  # of smtplib, which is mixed in
        return reply
