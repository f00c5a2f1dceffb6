"""The files of the demo's business: the shipped example, with what a shop of some size would add to it."""

from __future__ import annotations

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
# What pages call the fields of its events.
NAMES = """
[fields.country]
name = { en = "Country", he = "מדינה", fa = "کشور" }

[fields.channel]
name = { en = "Channel", he = "ערוץ", fa = "کانال" }

[fields.product]
name = { en = "Product", he = "מוצר", fa = "کالا" }

[fields.courier]
name = { en = "Courier", he = "חברת שליחויות", fa = "شرکت حمل" }

[fields.days_late]
name = { en = "Days late", he = "ימי איחור", fa = "روزهای تأخیر" }

[fields.region]
name = { en = "Region", he = "אזור", fa = "منطقه" }

[fields.basket]
name = { en = "Basket", he = "גודל ההזמנה", fa = "اندازهٔ سبد" }

[fields.handled_by]
name = { en = "Handled by", he = "בטיפול של", fa = "رسیدگی‌کننده" }

[fields.solved]
name = { en = "Solved", he = "נפתר", fa = "حل‌شده" }

[fields.total]
name = { en = "Total", he = "סכום", fa = "مبلغ" }

[fields.order]
name = { en = "Order", he = "הזמנה", fa = "سفارش" }

[fields.ticket]
name = { en = "Ticket", he = "פנייה", fa = "درخواست" }

[fields.promised_at]
name = { en = "Promised for", he = "המועד שהובטח", fa = "موعد اعلام‌شده" }

[fields.inquiry]
name = { en = "Inquiry", he = "פנייה לפני רכישה", fa = "پرسش پیش از خرید" }

[fields.campaign]
name = { en = "Campaign", he = "קמפיין", fa = "کارزار" }

[fields.page]
name = { en = "Page", he = "עמוד", fa = "صفحه" }
"""
MODES = {"relationship/b2b-checkin": "confidential"}  # of surveys that are frank only then


def extend(directory: Path) -> int:
    """Change the files of a new project, and add surveys; return how many. Raises OSError."""
    _change(directory / "config.toml", CONFIG)
    with (directory / "config.toml").open("a", encoding="utf-8") as config:
        config.write(NAMES)
    for name, mode in MODES.items():
        _change(directory / "surveys" / f"{name}.toml", (("\ngoal ", f'\nmode        = "{mode}"\ngoal '),))
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
