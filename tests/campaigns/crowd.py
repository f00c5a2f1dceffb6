"""Customers who answer and a shop that sends events, all of whom try again until they are thanked."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Collection

from tests.support.running import Running

from .audit import Promised

PAUSE = 0.03  # seconds between two requests of one of them: the campaign is about faults, and not about load
THANKS, TAKEN = 303, 202
GULLIBLE = (303, 202, 503, 0)  # for controls: a crowd that takes a refusal for a promise


class Crowd:
    """Some customers and shops at work for as long as the block runs, at a Running engine or one in its place."""

    def __init__(
        self, engine: Running, key: str, customers: int = 3, shops: int = 2, size: int = 0,
        believes: Collection[int] = (THANKS, TAKEN),
    ) -> None:  # fmt: skip
        self._engine, self._key, self._size, self._believes = engine, key, size, believes
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._customer, args=(number,)) for number in range(customers)]
        self._threads += [threading.Thread(target=self._shop, args=(number,)) for number in range(shops)]
        self.thanked: list[str] = []
        self.taken: list[str] = []
        self.statuses: Counter[int] = Counter()
        self.faults: list[str] = []

    def __enter__(self) -> Crowd:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    @property
    def served(self) -> int:
        """How many requests were promised something so far."""
        return len(self.thanked) + len(self.taken)

    def promised(self, mailed: Collection[str] = ()) -> Promised:
        return Promised(tuple(self.thanked), tuple(self.taken), tuple(mailed))

    def _customer(self, number: int) -> None:
        count = 0
        while not self._stopping.is_set():
            found = re.search(r'name="form" value="([^"]+)"', self._engine.get("/s/delivery")[1])
            count += 1
            while found and not self._stopping.is_set() and not self._answered(found[1], f"{number}-{count}"):
                time.sleep(PAUSE)
            time.sleep(PAUSE)

    def _answered(self, form: str, name: str) -> bool:
        name = f"{name}-".ljust(self._size, "x")
        status, page = self._engine.post("/s/delivery", f"form={form}&satisfaction=2&reason={name}".encode())
        self.statuses[status] += 1
        if status == 503 and not (form in page and f">{name}</textarea>" in page.replace("\n", "")):
            self.faults.append("an answer was refused, and not kept on the page")
        if status not in (THANKS, 503, 0):
            self.faults.append(f"an answer got {status}")
        if status in self._believes:
            self.thanked.append(name)
        return status in self._believes

    def _shop(self, number: int) -> None:
        count = 0
        while not self._stopping.is_set():
            if self._took(f"c-{number}-{count}"):
                count += 1
            time.sleep(PAUSE)

    def _took(self, id: str) -> bool:
        customer = {"id": id, "email": f"{id}@example.com"}
        event = {"specversion": "1.0", "type": "shipment.delivered", "source": "shop", "id": id,
                 "data": {"customer": customer}}  # fmt: skip
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/cloudevents+json"}
        status, _ = self._engine.post("/api/v1/events", json.dumps(event).encode(), headers)
        self.statuses[status] += 1
        if status not in (TAKEN, 503, 0):
            self.faults.append(f"an event got {status}")
        if status in self._believes:
            self.taken.append(id)
        return status in self._believes
