"""What a stranger sees of an import: a progress bar that shares no line with what is said, and honest drafts."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

from tests.support import business
from tests.support.running import COMMAND, command

ROWS = 14_500


def screen(told: bytes) -> list[str]:
    """The lines that a terminal shows in the end: \\r goes back to a line's beginning, ESC [K empties it from there."""
    lines = list[str]()
    for line in told.decode().split("\n"):
        shown = ""
        for part in line.split("\r"):
            kept = "" if part.startswith("\x1b[K") else shown
            part = part.removeprefix("\x1b[K")
            shown = part + kept[len(part) :]
        lines.append(shown.rstrip())
    return lines


def test_what_is_said_of_a_long_file_has_lines_of_its_own(tmp_path: Path) -> None:
    root, file = business.write(tmp_path / "shop"), tmp_path / "orders.csv"
    (root / "config.toml").write_text((root / "config.toml").read_text() + """
[import.shop]
type = "order.paid"
id = "{Order}"
time = "Paid"
fields = { order = "Order", "customer.email" = "Mail" }
""")
    days = ["2026-11-20" if n % 4_000 else "soon" for n in range(1, ROWS + 1)]
    rows = (f"{n},{day},{'x' * 60},{n}@example.org\n" for n, day in enumerate(days, 1))
    file.write_text("Order,Paid,Note,Mail\n" + "".join(rows))
    assert file.stat().st_size > 1_000_000
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    arguments = [*COMMAND, str(root), "events", str(file), "--import", "shop", "--dry-run"]
    with subprocess.Popen(arguments, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        told = b""
        try:
            while piece := os.read(ours, 65_536):
                told += piece
        except OSError:  # the other end is closed
            pass
    os.close(ours)
    assert process.returncode == 1
    lines = screen(told.replace(b"\r\n", b"\n"))
    said = [line for line in lines if ": order.paid " in line or "error:" in line or "    order = " in line]
    assert len(said) == 5 + 5 + 3, said
    assert all(line.startswith(("    order", str(file))) or line[0].isdigit() for line in said)
    assert [line for line in lines if "[###" in line and line not in said]
    assert not [line for line in said if "[#" in line or "%" in line]


def test_a_draft_says_that_nothing_tells_when_it_happened(tmp_path: Path) -> None:
    (file := tmp_path / "list.csv").write_text("Order,Paid,Mail\n1,2026-11-20,a@example.org\n2,soon,b@example.org\n")
    done = command(business.write(tmp_path / "shop"), "import-guide", str(file))
    assert (done.exit_code, '# time = "…"    # no column holds dates alone' in done.stdout) == (0, True)
