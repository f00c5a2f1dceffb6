"""The address of the pages: the base of all links."""

from __future__ import annotations

from dataclasses import dataclass

from ..engine import Engine

DEFAULT = "http://localhost:8000"


@dataclass(frozen=True)
class Listener:
    """Where the server listens, and with how many processes."""

    host: str
    port: int
    workers: int = 1


def announce(engine: Engine, listener: Listener) -> str:
    """Return the address of the pages, and store it for workers that are started separately."""
    host, port = listener.host, listener.port
    shown = "localhost" if host in ("127.0.0.1", "0.0.0.0", "::", "::1") else host  # noqa: S104  # compared, not bound
    here = engine.config.business.url or f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"
    (engine.root / "data" / "address").write_text(here + "\n", encoding="utf-8")
    return here


def known(engine: Engine) -> str:
    """Return the configured address, else the one that was announced last."""
    if engine.config.business.url:
        return engine.config.business.url
    try:
        return (engine.root / "data" / "address").read_text(encoding="utf-8").strip() or DEFAULT
    except OSError:
        return DEFAULT
