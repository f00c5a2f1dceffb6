"""The files of the demo's business: the shipped example, with what a shop of some size would add to it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

ADDED = Path(__file__).parent / "surveys"
CONFIG = (  # what stands in the example's config.toml, and what stands there instead
    ('cooldown    = "0 days"', 'cooldown    = "2 days"'),
    ('# quiet_hours = ["20:00", "09:00"]', 'quiet_hours   = ["22:00", "08:00"]'),
    (
        'fields  = ["order", "total", "country", "channel", "promised_at", "product"]',
        'fields  = ["order", "total", "country", "channel", "promised_at", "product", "courier", "days_late", "region",'
        ' "basket"]',
    ),
    (
        'fields  = ["order", "total", "country", "channel"]',
        'fields  = ["order", "total", "country", "channel", "region", "basket"]',
    ),
    (
        'fields = ["ticket", "order", "channel", "handled_by"]',
        'fields = ["ticket", "order", "channel", "handled_by", "solved"]',
    ),
)
# What pages call the fields that are added.
NAMES = """
courier.name       = { en = "courier", he = "חברת שליחויות", fa = "شرکت حمل" }
days_late.name     = { en = "days late", he = "ימי איחור", fa = "روزهای تأخیر" }
region.name        = { en = "region", he = "אזור", fa = "منطقه" }
basket.name        = { en = "basket", he = "גודל ההזמנה", fa = "اندازهٔ سبد" }
solved.name        = { en = "solved", he = "נפתר", fa = "حل‌شده" }
"""
REMINDING = re.compile(r"^remind .*\n", re.MULTILINE)  # in the year that is told nobody was reminded
MODES = {"relationship/b2b-checkin": "confidential"}  # of surveys that are frank only then


def extend(directory: Path) -> int:
    """Change the files of a new project, and add surveys; return how many. Raises OSError."""
    _change(directory / "config.toml", CONFIG)
    with (directory / "config.toml").open("a", encoding="utf-8") as config:
        config.write(NAMES.lstrip())  # at the end of its table [fields]
    for name, mode in MODES.items():
        _change(directory / "surveys" / f"{name}.toml", (("\ngoal ", f'\nmode        = "{mode}"\ngoal '),))
    for path in sorted(directory.glob("surveys/*/*.toml")):
        text = path.read_text(encoding="utf-8")
        path.write_text(REMINDING.sub("", text), encoding="utf-8")
    added = sorted(ADDED.glob("*/*.toml"))
    for path in added:
        shutil.copyfile(path, directory / "surveys" / path.parent.name / path.name)
    return len(added)


def _change(path: Path, changes: tuple[tuple[str, str], ...]) -> None:
    """Change the text of a file; raises LookupError where what is to be changed does not stand in it."""
    text = path.read_text(encoding="utf-8")
    for before, after in changes:
        if before not in text:
            raise LookupError(f"{path.name} does not say: {before}")
        text = text.replace(before, after)
    path.write_text(text, encoding="utf-8")
