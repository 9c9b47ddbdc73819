"""Numbers as people read them, the same in every form of the leaderboard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DASH = "\u2013"
SMALLEST_P = 0.001


def number(value: float | None, digits: int) -> str:
    """A number with fixed decimals, or a dash."""
    return DASH if value is None else f"{value:.{digits}f}"


def top1(record: Mapping[str, Any], stream: str, digits: int = 1) -> str:
    """Accuracy with its interval, ``76.4 [69.1, 83.0]``; `digits` are those of the interval."""
    value, low, high = (record[f"{stream}_top1{end}"] for end in ("", "_low", "_high"))
    if value is None or low is None:
        return number(value, 1)
    return f"{value:.1f} [{low:.{digits}f}, {high:.{digits}f}]"


def gain(record: Mapping[str, Any], stream: str) -> str:
    """Difference from the floor in points, with its interval."""
    value, low, high = (record[f"{stream}_delta{end}"] for end in ("", "_low", "_high"))
    if value is None or low is None:
        return short_gain(record, stream)
    return f"{value:+.1f} [{low:+.1f}, {high:+.1f}]"


def short_gain(record: Mapping[str, Any], stream: str) -> str:
    """Difference from the floor in points."""
    return signed(record[f"{stream}_delta"])


def signed(value: float | None) -> str:
    """A difference with its sign and one decimal, or a dash."""
    return DASH if value is None else f"{value:+.1f}"


def p_value(value: float | None) -> str:
    """A p-value with three decimals."""
    return f"<{SMALLEST_P}" if value is not None and value < SMALLEST_P else number(value, 3)


def percent(share: float | None) -> str:
    """A share of 1 as whole percent."""
    return DASH if share is None else f"{100 * share:.0f} %"


def speed(fps: float | None) -> str:
    """Frames a second, whole ones above ten."""
    return number(fps, 1 if fps is not None and fps < 10 else 0)


def size(params: int | None) -> str:
    """Number of parameters; a dash for methods that have none."""
    if not params:
        return DASH
    return f"{params / 1e6:.2f} M" if params >= 1e6 else f"{params / 1e3:.0f} k"
