"""Notices a server that keeps a connection alive without sending much."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from threading import Event, Thread
from types import TracebackType
from typing import Any


class Watch:
    """Ends the connections of a download that brings too little; a context.

    A timeout is for the next byte, so it lets a server drip for ever: within a header, where nobody sees what has come,
    as well as within the file. `window` is in seconds; a header may take as long, and so may everything between two
    pieces of a file, and on average a window must bring `slowest` bytes a second.
    """

    def __init__(self, window: float, slowest: int) -> None:
        self.window, self.slowest = window, slowest
        self.expired = False
        self._ends: list[socket.socket] = []
        self._over = Event()
        self._heard = self._since = time.monotonic()
        self._done = 0
        self._thread = Thread(target=self._wait, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()
        for end in self._ends:
            end.close()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """For httpx's extension ``trace``: takes note of every connection that is made."""
        if event == "connection.connect_tcp.complete":
            # a copy: TLS takes the socket itself over, and shutting a copy down ends both
            self._ends.append(info["return_value"].get_extra_info("socket").dup())

    def too_slow(self, done: int) -> bool:
        """Whether the window that ends now brought too little; `done` is all bytes so far."""
        self._heard = now = time.monotonic()
        seconds = now - self._since
        if seconds < self.window:
            return False
        slow = done - self._done < self.slowest * seconds
        self._since, self._done = now, done
        return slow

    def _wait(self) -> None:
        while not self._over.wait(max(0.001, self._heard + self.window - time.monotonic())):
            if time.monotonic() >= self._heard + self.window:
                self.expired = True
                for end in self._ends:
                    _shut(end)
                return


def _shut(end: socket.socket) -> None:
    with suppress(OSError):  # it may be closed already
        end.shutdown(socket.SHUT_RDWR)
