"""What a program wrote to its files, in the order in which it did, and what of that a power cut may leave."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

CALLS = "pwrite64,ftruncate,fsync,fdatasync,write"
SECTOR = 512  # bytes that a disk writes whole
LINE = re.compile(r'(?P<pid>\d+) +(?P<call>\w+)\(\d+<(?P<file>[^>]*)>(?:, "(?P<bytes>[^"]*)")?(?P<rest>.*)')
RESUMED = re.compile(r"(?P<pid>\d+) +<\.\.\. \w+ resumed>(?P<rest>.*)")


@dataclass
class Call:
    """A call to the system: when it began and ended, as numbers of lines, and what it was about."""

    name: str
    file: str
    begin: int
    end: int | None  # None: it did not come back, or failed
    data: bytes = b""
    at: int = 0  # where in the file; the new size of a file that is cut


def command(target: Path) -> list[str]:
    """Return what a command is preceded by to be traced into a file."""
    return ["strace", "-f", "-y", "-xx", "-s", "1000000", "--seccomp-bpf", "-e", f"trace={CALLS}", "-o", str(target)]


def calls(path: Path) -> list[Call]:
    """Read what was traced."""
    found: list[Call] = []
    open_calls: dict[str, tuple[Call, str]] = {}
    with path.open() as lines:
        for number, line in enumerate(lines):
            if match := RESUMED.match(line):
                if begun := open_calls.pop(match["pid"], None):
                    _finish(begun[0], begun[1] + match["rest"], number)
            elif match := LINE.match(line):
                call = Call(match["call"], _text(match["file"]).decode(), number, None, _text(match["bytes"] or ""))
                found.append(call)
                if match["rest"].endswith("<unfinished ...>"):
                    open_calls[match["pid"]] = call, match["rest"].removesuffix("<unfinished ...>")
                else:
                    _finish(call, match["rest"], number)
    return found


def _finish(call: Call, rest: str, number: int) -> None:
    numbers = [int(one) for one in re.findall(r"-?\d+", rest)]
    call.at = numbers[-2] if len(numbers) > 1 else 0
    call.end = number if numbers and numbers[-1] >= 0 else None


def _text(shown: str) -> bytes:
    return bytes.fromhex(shown.replace("\\x", ""))


def acknowledged(traced: Sequence[Call], name: str, cut: int) -> list[str]:
    """Return the lines that the program had written into the file of that name when the power was cut."""
    told = b"".join(call.data for call in traced if call.file.endswith(name) and call.name == "write"
                    and call.begin < cut)  # fmt: skip
    return told.decode().split()


def left(
    traced: Sequence[Call], before: Mapping[str, bytes], cut: int, chance: Random
) -> Iterator[tuple[str, bytes]]:
    """Yield each file as the disk may hold it after the power was cut at that line.

    What had been synced is there; of the rest any sectors may be there, and others not.
    """
    for file, content in before.items():
        image = bytearray(content)
        own = [call for call in traced if call.file == file and call.begin < cut]
        syncs = [call for call in own if "sync" in call.name and call.end is not None and call.end < cut]
        for call in own:
            if call.name not in ("pwrite64", "ftruncate"):
                continue
            is_safe = call.end is not None and any(sync.begin > call.end for sync in syncs)
            _apply(image, call, (lambda: True) if is_safe else lambda: chance.random() < 0.5)
        yield file, bytes(image)


def _apply(image: bytearray, call: Call, is_there: Callable[[], bool]) -> None:
    if call.name == "ftruncate":
        if is_there():
            image[:] = image[: call.at].ljust(call.at, b"\0")
        return
    for start in range(0, len(call.data), SECTOR):
        if is_there():
            sector, at = call.data[start : start + SECTOR], call.at + start
            if len(image) < at:
                image.extend(bytes(at - len(image)))
            image[at : at + len(sector)] = sector
