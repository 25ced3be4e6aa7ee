"""Ctrl-C and dead parents, for worker processes.

A terminal sends Ctrl-C to the workers too. While one starts or waits, it must not end with a traceback; while it works, it
must clean up what it has staged. And a worker whose parent was killed would wait for work for ever.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait


@contextmanager
def hold_interrupts() -> Iterator[None]:
    """Ctrl-C waits until the block is left; a process that is started in it waits until it allows interrupts."""
    yield from _with_mask("SIG_BLOCK")


@contextmanager
def allow_interrupts() -> Iterator[None]:
    """Ctrl-C, also one that has been waiting, raises KeyboardInterrupt in the block."""
    yield from _with_mask("SIG_UNBLOCK")


def _with_mask(change: str) -> Iterator[None]:
    if not hasattr(signal, "pthread_sigmask"):  # on Windows
        yield
        return
    # A mask and no handler: a process that is started inherits the one and not the other.
    before = signal.pthread_sigmask(getattr(signal, change), {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with_parent() -> None:
    """Ends this worker process as soon as its parent is gone."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    asked, ask = multiprocessing.Pipe(duplex=False)

    def watch() -> None:
        if parent.sentinel in wait([parent.sentinel, asked]):
            # sys.exit would end this thread only; what was staged is for gc, since nobody is left to publish it.
            os._exit(1)

    thread = threading.Thread(target=watch, name="end_with_parent", daemon=True)
    thread.start()

    def stop() -> None:
        # A thread that still runs while Python ends keeps modules alive, and DuckDB then reports its objects as leaked.
        ask.send_bytes(b"")
        thread.join()

    atexit.register(stop)
