"""The errors that a user may see. One small tree; every message says what is wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class HarnessError(Exception):
    """Something the user can fix: the command line prints only the message and exits with `exit_code`."""

    exit_code = 1


class UsageError(HarnessError):
    """The command, or a file written by the user, asks for something that does not exist or is impossible."""

    exit_code = 2


class UnknownNameError(UsageError):
    """A name that no plugin declares."""

    def __init__(self, kind: str, name: str, known: Iterable[str], hint: str = "") -> None:
        names = sorted(known)
        close = get_close_matches(name, names, n=3, cutoff=0.6)
        text = f"unknown {kind} {name!r}."
        if close:
            text += f" Did you mean {' or '.join(repr(c) for c in close)}?"
        elif names:
            text += f" Known: {', '.join(names[:20])}."
        super().__init__(f"{text} {hint}".strip())


class ReplacedError(UsageError):
    """A name that was declared once, and what took its place."""

    def __init__(self, kind: str, name: str, successor: str) -> None:
        super().__init__(f"the {kind} {name!r} is gone: use {successor!r}, which took its place")


class PluginError(HarnessError):
    """A plugin that could not be loaded, or two plugins that claim the same name."""


class ClipError(HarnessError):
    """A clip that is missing, empty, truncated or cannot be decoded."""


class AnnotationError(UsageError):
    """An annotation file that breaks its rules; the message names file, line and rule."""


class ContractError(HarnessError):
    """A plugin returned something that its contract forbids (wrong shape, NaN, wrong range)."""


class WeightsError(HarnessError):
    """Weights that are missing, have the wrong checksum, or are unsafe to load."""


class WeightsMissingError(WeightsError):
    """Weights that are not installed; a cell that needs them is skipped with this message."""


class RunFolderError(HarnessError):
    """A run folder that is locked, unwritable, or belongs to another benchmark."""


class DamagedError(RunFolderError):
    """A file of a run folder that is not what was written: empty, cut short, changed, or of another run."""


def message_of(error: BaseException) -> str:
    """The message of an exception, whatever that does when it is asked for, in characters that can be written."""
    try:
        return str(error).encode("utf-8", "backslashreplace").decode()
    except BaseException as another:  # a plugin's exception may raise anything
        return f"(its message cannot be shown: {type(another).__name__})"


def one_line(error: BaseException) -> str:
    """An exception in one line: its class and the first line of its message."""
    return f"{type(error).__name__}: {message_of(error)}".splitlines()[0]
