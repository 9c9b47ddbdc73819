"""Numbers as people read them, the same in every form of the leaderboard."""

from __future__ import annotations

from harness.leaderboard.row import Accuracy
from harness.specs import Column

DASH = "\u2013"
SMALLEST_P = 0.001


def number(value: float | None, digits: int) -> str:
    """A number with fixed decimals, or a dash."""
    return DASH if value is None else f"{value:.{digits}f}"


def measure(value: float | None, column: Column) -> str:
    """A probe's number as its column says."""
    whole = value is not None and column.whole_from is not None and value >= column.whole_from
    return number(value, 0 if whole else column.digits)


def top1(accuracy: Accuracy, digits: int = 1) -> str:
    """Accuracy with its interval, ``76.4 [69.1, 83.0]``; `digits` are those of the interval."""
    if accuracy.top1 is None or accuracy.top1_low is None:
        return number(accuracy.top1, 1)
    return f"{accuracy.top1:.1f} [{accuracy.top1_low:.{digits}f}, {accuracy.top1_high:.{digits}f}]"


def gain(accuracy: Accuracy) -> str:
    """Difference from the floor in points, with its interval."""
    if accuracy.delta is None or accuracy.delta_low is None:
        return signed(accuracy.delta)
    return f"{accuracy.delta:+.1f} [{accuracy.delta_low:+.1f}, {accuracy.delta_high:+.1f}]"


def accuracy(value: float | None, low: float | None, high: float | None) -> str:
    """A percentage with its interval."""
    return number(value, 1) + ("" if low is None else f" [{number(low, 1)}, {number(high, 1)}]")


def recovered(value: float | None, low: float | None, high: float | None) -> str:
    """A share of the gap with its interval, ``55 % [20, 91]``."""
    if value is None or low is None or high is None:
        return percent(value)
    return f"{percent(value)} [{100 * low:.0f}, {100 * high:.0f}]"


def signed(value: float | None) -> str:
    """A difference with its sign and one decimal, or a dash."""
    return DASH if value is None else f"{value:+.1f}"


def p_value(value: float | None) -> str:
    """A p-value with three decimals."""
    return f"<{SMALLEST_P}" if value is not None and value < SMALLEST_P else number(value, 3)


def percent(share: float | None) -> str:
    """A share of 1 as whole percent."""
    return DASH if share is None else f"{100 * share:.0f} %"


def size(params: int | None) -> str:
    """Number of parameters; a dash for methods that have none."""
    if not params:
        return DASH
    return f"{params / 1e6:.2f} M" if params >= 1e6 else f"{params / 1e3:.0f} k"
