"""The line that a job of the worker writes into the log where it did something."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger("surveyengine.job")


@contextmanager
def logged(name: str) -> Iterator[Counter[str]]:
    """Count what is done in the block; log it in the end with its seconds, and nothing where nothing was done."""
    done, begin = Counter[str](), time.monotonic()
    yield done
    if counts := {what: n for what, n in done.items() if n}:
        seconds = round(time.monotonic() - begin, 3)
        said = ", ".join(f"{what} {n}" for what, n in counts.items())
        fields = {"job": name, **counts, "seconds": seconds}
        log.info("%s: %s in %.2f s", name, said, seconds, extra={"fields": fields})
