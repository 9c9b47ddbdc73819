"""The guard around every call into a plugin: whatever the call does, the next one finds the process as it was.

What a plugin changes of the state that all share (`harness.running.settings`) is put back and can be asked for by
`remark_on_changes`; every call draws the same random numbers, whatever ran before it and in whichever process.
Whatever a plugin raises becomes an `Exception`, so that it costs the plugin's cells alone; not so the user's Ctrl-C.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, NoReturn

from harness.errors import ContractError, one_line
from harness.running.randomness import Randomness, seed_all
from harness.running.settings import BY_IMPORTS, SHARED, THREADS, read, restore
from harness.running.streams import Streams

_exit = os._exit


class _Process:
    """What the guard knows of this process."""

    def __init__(self) -> None:
        self.usual: list[Any] | None = None
        """Values of `SHARED` while `held`; what every call begins with."""
        self.streams: Streams | None = None
        self.pid = os.getpid()
        self.depth = 0
        """Calls that one is in: a probe may ask for flow."""
        self.interrupted = False
        """Whether the user pressed Ctrl-C, which a plugin may swallow."""
        self.changes: dict[int, tuple[object, list[str]]] = {}
        """By the identity of the plugin's object, which is kept so that no other gets its identity."""


_process = _Process()


class guarded:
    """A call into a plugin, of which `owner` is the object that is called, or the part that is built.

    Raises `ContractError` for what is no `Exception`, such as `SystemExit`; `KeyboardInterrupt` if the user pressed
    Ctrl-C. A process that the call forked ends here.
    """

    __slots__ = ("_local", "_outer", "_owner", "_pid", "_random", "_usual")

    def __init__(self, owner: object) -> None:
        self._owner = owner
        self._outer: list[Any] | None = None
        self._random: Randomness | None = None

    def __enter__(self) -> None:
        nested = _process.usual is None or _process.depth > 0
        self._pid = _process.pid = os.getpid()
        self._local = read(THREADS)
        if nested:
            self._outer, self._random = read(SHARED), Randomness.now()
        self._usual = _process.usual or self._outer or []
        if self._outer is not None and self._outer != self._usual:
            restore(SHARED, self._outer, self._usual)
        seed_all()
        _process.depth += 1
        os._exit = _refuse_exit

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if os.getpid() != self._pid:  # the caller's work is done in the other process
            _exit(1)
        _process.depth -= 1
        if not _process.depth:
            os._exit = _exit
        self._put_back()
        if _process.interrupted:
            raise KeyboardInterrupt from None
        if error is not None and not isinstance(error, Exception):
            raise _as_exception(error) from error

    def _put_back(self) -> None:
        changed = restore(THREADS, read(THREADS), self._local) + restore(SHARED, read(SHARED), self._usual)
        if _process.streams is not None:
            changed += _process.streams.restore()
        if changed:
            _note(self._owner, changed)
        if self._outer is not None and self._outer != self._usual:
            restore(SHARED, self._usual, self._outer)
        if self._random is not None:
            self._random.restore()


@contextmanager
def contained() -> Iterator[None]:
    """Raises `ContractError` for what is no `Exception`, but lets the Ctrl-C of the user pass."""
    try:
        yield
    except Exception:
        raise
    except BaseException as error:
        if _process.interrupted:
            raise
        raise _as_exception(error) from error


@contextmanager
def held() -> Iterator[None]:
    """In this block the state of the process as it is now is what every guarded call begins with.

    Ctrl-C is told from a `KeyboardInterrupt` that a plugin raises.
    """
    if _process.usual is not None:  # one loop inside another
        yield
        return
    random = Randomness.now()
    with _ctrl_c_noticed():
        _process.usual, _process.streams = read(SHARED), Streams()
        try:
            yield
        finally:
            _process.streams.close()
            _process.usual = _process.streams = None
            random.restore()


def remark_on_changes(owner: object) -> str | None:
    """What calls into a plugin's object have changed of the process, in words."""
    changed = _changes_by(owner)
    return f"it changed {', '.join(changed)}, put back after each call" if changed else None


def hand_over(part: object, built: object) -> None:
    """What was changed while a part was built counts as changed by what was built, but for what imports change."""
    if changed := [name for name in _changes_by(part) if name not in BY_IMPORTS]:
        _note(built, changed)
    _process.changes.pop(id(part), None)


def _changes_by(owner: object) -> Sequence[str]:
    return _process.changes.get(id(owner), (owner, []))[1]


def _as_exception(error: BaseException) -> ContractError:
    return ContractError(
        f"raised {one_line(error)}; a plugin reports what went wrong by an Exception, and ends no program"
    )


def _note(owner: object, changed: Sequence[str]) -> None:
    known = _process.changes.setdefault(id(owner), (owner, []))[1]
    known += [name for name in changed if name not in known]


def _refuse_exit(status: int) -> NoReturn:
    """In the place of `os._exit` during a call; processes that a plugin forked may end."""
    if os.getpid() != _process.pid:
        _exit(status)
    raise SystemExit(status)


@contextmanager
def _ctrl_c_noticed() -> Iterator[None]:
    """Without effect outside the main thread, which alone is told of signals, and where somebody else handles them."""
    _process.interrupted = False
    here = threading.current_thread() is threading.main_thread()
    if not here or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, _interrupt)
    try:
        yield
    finally:
        _process.interrupted = False
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    _process.interrupted = True
    raise KeyboardInterrupt
