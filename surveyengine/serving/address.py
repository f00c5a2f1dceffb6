"""At which address the pages are: the only base of links."""

from __future__ import annotations

from ..engine import Engine

DEFAULT = "http://localhost:8000"


def announce(engine: Engine, host: str, port: int) -> str:
    """Return the address of the pages, and note it for workers that are started apart."""
    shown = "localhost" if host in ("127.0.0.1", "0.0.0.0", "::", "::1") else host  # noqa: S104  # compared, not bound
    here = engine.config.business.url or f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"
    (engine.root / "data" / "address").write_text(here + "\n", encoding="utf-8")
    return here


def known(engine: Engine) -> str:
    """Return the address of the configuration, else the one that was announced last."""
    if engine.config.business.url:
        return engine.config.business.url
    try:
        return (engine.root / "data" / "address").read_text(encoding="utf-8").strip() or DEFAULT
    except OSError:
        return DEFAULT
