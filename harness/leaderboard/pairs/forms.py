"""The forms in which all pairs can be asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from harness.errors import UnknownNameError, UsageError
from harness.leaderboard.pairs import text
from harness.leaderboard.table import Leaderboard


def _png(board: Leaderboard) -> bytes:
    from harness.leaderboard.pairs.plot import render  # matplotlib takes a second to load

    return render(board)


FORMS: dict[str, Callable[[Leaderboard], str | bytes]] = {
    "md": text.markdown,
    "csv": text.comma_separated,
    "json": text.as_json,
    "png": _png,
}


def find_form(name: str | None, out: Path | None) -> str | None:
    """The form by name or by the file's ending; None for the terminal. Raises `UsageError` for what is none."""
    if name is None and out is None:
        return None
    wanted = name if name is not None else out.suffix.removeprefix(".") if out else ""
    if wanted not in FORMS:
        raise UnknownNameError("form of --pairs all", wanted, FORMS)
    if wanted == "png" and out is None:
        raise UsageError("--format png is a picture; name its file: --out pairs.png")
    return wanted
