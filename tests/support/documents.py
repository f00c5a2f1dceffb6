"""The README and the pages of `docs/`, cut into what is looked at: blocks and sections."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))}
BLOCKS = [
    (page, *block)
    for page, text in PAGES.items()
    for block in re.findall(r"(?:<!-- (\w+) -->\n *)?```(\w+)\n(.*?)```", text, re.DOTALL)
]


def marked(mark: str) -> list[str]:
    """The blocks of all pages with that mark."""
    return [text for _, found, _, text in BLOCKS if found == mark]


def section(page: str, title: str) -> str:
    """What stands below a title, up to the next of its rank."""
    return re.split(r"^## ", PAGES[page].partition(f"\n## {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
