"""Pages compressed on their way. A form's token is new in every page, so that its length on the wire tells nothing."""

from __future__ import annotations

import re
from functools import lru_cache
from gzip import compress
from zlib import DEFLATED, Z_FULL_FLUSH, compressobj, crc32

from flask import Response, request

ACCEPTED = re.compile(r"(?i)(?:^|[\s,])(?:gzip|\*)(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))(?=\s*(?:[,;]|$))")
MOST_PACKED = 64  # files that are kept compressed
WORTH = 800  # bytes; less than that fits one packet anyhow
HEAD = b"\x1f\x8b\x08\0\0\0\0\0\x02\xff"  # RFC 1952, 2.3: deflate, no name, no time


def accepts(header: str) -> bool:
    """Whether this Accept-Encoding takes gzip."""
    return ACCEPTED.search(header) is not None


def deflated(part: bytes, last: bool) -> bytes:
    """Return the part as deflate blocks that stand by themselves, after and before others."""
    squeeze = compressobj(9, DEFLATED, -15)
    return squeeze.compress(part) + (squeeze.flush() if last else squeeze.flush(Z_FULL_FLUSH))


def joined(before: bytes, between: bytes, after: bytes, whole: bytes) -> bytes:
    """Return `whole` in gzip, made of its first and its last part deflated and what is between, at most 64 KiB."""
    size = len(between).to_bytes(2, "little")
    stored = b"\0" + size + bytes(byte ^ 0xFF for byte in size) + between  # RFC 1951, 3.2.4
    tail = crc32(whole).to_bytes(4, "little") + (len(whole) & 0xFFFFFFFF).to_bytes(4, "little")
    return b"".join((HEAD, before, stored, after, tail))


def packed(response: Response) -> Response:
    """Return the response with its page compressed for whoever takes that."""
    response.headers["Vary"] = "Accept-Encoding"
    if _may_pack() and len(page := response.get_data()) > WORTH:
        response.set_data(compress(page, 6, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response


def served(content: bytes, kind: str, version: str, cache: str) -> Response:
    """Return a file of that media type: compressed where that is worth it, nothing to who has the version."""
    small = _small(content)
    packs = small is not None and _may_pack()
    response = Response(small if packs else content, content_type=kind)
    response.headers["Cache-Control"] = cache
    if small:
        response.headers["Vary"] = "Accept-Encoding"
    if packs:
        response.headers["Content-Encoding"] = "gzip"
    response.set_etag(f"{version}-gzip" if packs else version)
    response.make_conditional(request)
    return response


@lru_cache(maxsize=MOST_PACKED)
def _small(content: bytes) -> bytes | None:
    """Return the content compressed; None where that gains nothing."""
    packed = compress(content, 9, mtime=0)
    return packed if len(packed) < 0.9 * len(content) else None


def _may_pack() -> bool:
    return accepts(request.headers.get("Accept-Encoding", ""))
