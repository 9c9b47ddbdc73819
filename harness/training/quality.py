"""What the quality of a trained network is called and how it is measured, on held-out clips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Curve = Mapping[int, Mapping[str, float]]
"""By iteration: losses, and the quality where it was measured."""


@dataclass(frozen=True)
class Quality:
    """A number that should rise."""

    key: str
    """Column of ``losses.csv``."""
    title: str
    unit: str
    floor: float | None = None
    """What is reached without training; None if that is meaningless or unknown."""
    floor_title: str = ""

    def text(self, value: float, best: float) -> str:
        """The value with its floor and the best one so far."""
        floor = "" if self.floor is None else f"{self.floor_title} {self.floor:.2f}, "
        return f"{self.title} {value:.2f} {self.unit} ({floor}best {best:.2f})"


def is_loss(name: str) -> bool:
    """Whether a number that a trainer logs is a loss: BasicSR's begin with ``l_``, mmengine's are called ``loss``."""
    return name.startswith(("l_", "loss"))
