"""Lets signals reach the main thread, which alone handles them."""

from __future__ import annotations

import os
import signal
import threading

WAKE = signal.SIGUSR2


def reach_main_thread() -> None:
    """Wake the main thread at every signal; to be called in it, and once more after a fork.

    The kernel interrupts any thread it likes. Python runs the signal's handler as soon as the main thread moves, and
    one that waits for a lock, as servers and schedulers do, does not move: a SIGTERM would be forgotten.
    """
    heard, told = os.pipe()
    os.set_blocking(told, False)
    signal.signal(WAKE, lambda *_: None)
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    main = threading.main_thread().ident or 0

    def watch() -> None:
        while signum := os.read(heard, 1):
            if signum[0] != WAKE:
                signal.pthread_kill(main, WAKE)

    threading.Thread(target=watch, name="wake-main-thread", daemon=True).start()
