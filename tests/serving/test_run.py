from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.support import business
from tests.support.running import Running, command, free_port, program, running, until

EVENT = {
    "specversion": "1.0",
    "type": "shipment.delivered",
    "source": "shop",
    "id": "o-1",
    "data": {"order": "A-1001", "customer": {"id": "c-1", "email": "sara@example.com", "language": "fa"}},
}
AT_ONCE = business.DELIVERY.replace('after     = "12 hours"', 'after     = "0 hours"')


def local(root: Path, config: str = business.CONFIG) -> Path:
    """A project whose links lead to the running engine itself."""
    config = config.replace('url       = "https://feedback.example.com"\n', "")
    return business.write(root, {"purchase/delivery": AT_ONCE}, config)


def rows(root: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(root / "data" / "surveyengine.db")) as connection:
        return connection.execute(query).fetchall()


def test_one_command_takes_an_event_sends_a_mail_and_keeps_the_answer(tmp_path: Path) -> None:
    root = local(tmp_path)
    with running(root) as engine:
        assert f"http://localhost:{engine.address.rpartition(':')[2]}/s/delivery" in engine.log()
        taken = command(root, "events", "-", given=json.dumps(EVENT))
        assert (taken.exit_code, taken.stdout) == (0, "accepted 1 · planned 1\n")
        outbox = root / "data" / "outbox"
        until(lambda: outbox.is_dir() and any(outbox.glob("*.eml")), "no mail was written")
        mail = next(outbox.glob("*.eml")).read_text(encoding="utf-8")
        link = mail.partition("/r/")[2].partition("?")[0]
        page = engine.get(f"/r/{link}")[1]
        assert 'lang="fa" dir="rtl"' in page
        assert engine.submit(f"/r/{link}", form=business.token(page), satisfaction="۵") == 303
        kept = command(root, "backup", str(root / "kept.tar"))
        assert (kept.exit_code, "1 response, 1 invitation, 1 event, 1 customer;" in kept.stdout) == (0, True)
        refused = command(root, "restore", "--aside", str(root / "kept.tar"))
        assert (refused.exit_code, refused.stderr) == (1, "surveyengine: the engine runs; stop it first\n")
    report = json.loads(command(root, "report", "--format", "json").stdout)
    touchpoint = report["stages"][0]["touchpoints"][0]
    assert touchpoint["counts"] == {"1": 0, "2": 0, "3": 0, "4": 0, "5": 1}
    steps = ("eligible", "refused", "invited", "sent", "answered")
    assert [touchpoint["funnel"][step] for step in steps] == [1, {}, 1, 1, 1]


def test_a_killed_process_is_replaced_while_the_others_go_on(tmp_path: Path) -> None:
    with running(local(tmp_path)) as engine:
        until(lambda: len(engine.children()) == 2, "a server and a worker were expected")
        before = set(engine.children())
        for child in before:
            os.kill(child, signal.SIGKILL)
        until(lambda: len(set(engine.children()) - before) == 2, "the killed processes were not replaced")
        until(lambda: engine.get("/s/delivery")[0] == 200, "the pages did not come back")


def test_a_killed_engine_leaves_nothing_behind_and_starts_again(tmp_path: Path) -> None:
    root = local(tmp_path)
    with running(root) as engine:
        engine.kill()
        again = Running(root, int(engine.address.rpartition(":")[2])).wait()
        assert again.stop() == 0
        assert not again.children()


def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    root = local(tmp_path)
    with running(root) as engine:
        port = engine.address.rpartition(":")[2]
        refused = program(root, "run", "--port", port)
    assert refused.returncode == 1
    assert refused.stderr == f"surveyengine: port {port} of 127.0.0.1 is taken; choose another with --port\n"


@pytest.mark.parametrize(("path", "size"), [("/s/delivery", 1_100_000), ("/api/v1/events", 10 * 2**20)])
def test_who_sends_too_much_is_told_so_at_the_end(tmp_path: Path, path: str, size: int) -> None:
    root = local(tmp_path)
    with running(root) as engine:
        key = command(root, "key", "add", "shop").stdout.strip()
        assert engine.post(path, b"x" * size, {"Authorization": f"Bearer {key}"})[0] == 413


def test_whatever_was_acknowledged_is_there_once_after_kills_under_load(tmp_path: Path) -> None:
    root = local(tmp_path)
    thanked: list[str] = []
    stopping = threading.Event()
    port, chance = free_port(), random.Random(7)
    engine = Running(root, port).wait()

    def customer(number: int) -> None:
        count = 0
        while not stopping.is_set():
            status, page = engine.get("/s/delivery")
            if status != 200:
                time.sleep(0.05)
                continue
            count += 1
            name = f"{number}-{count}"
            if engine.submit("/s/delivery", form=business.token(page), satisfaction="3", reason=name) == 303:
                thanked.append(name)

    customers = [threading.Thread(target=customer, args=(number,)) for number in range(8)]
    for one in customers:
        one.start()
    for _ in range(3):
        time.sleep(chance.uniform(0.5, 1.0))
        engine.kill()
        engine = Running(root, port).wait()
    time.sleep(0.5)
    stopping.set()
    for one in customers:
        one.join()
    engine.kill()
    stored = [value for (value,) in rows(root, "SELECT value FROM answer WHERE question = 'reason'")]
    assert len(thanked) > 20
    assert len(stored) == len(set(stored))
    assert set(thanked) <= set(stored)
    restarted = Running(root, port).wait()
    assert restarted.stop() == 0
    counts = json.loads(command(root, "report", "--format", "json").stdout)["stages"][0]["touchpoints"][0]["counts"]
    assert counts["3"] == len(stored)
