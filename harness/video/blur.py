"""How wide the Gaussian blur of VSR-DUF is at each scale factor. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping

from harness.specs import OptionValue

PUBLISHED_SCALE = 4


def published_sigma(scale: int) -> float:
    """Standard deviation in HR pixels: 0.8, 1.2 and 1.6 at x2, x3 and x4. Source: VSR-DUF (Jo et al., CVPR 2018)."""
    return round(0.4 * scale, 6)


def options_by_scale(options: Mapping[str, OptionValue]) -> dict[str, OptionValue]:
    """The option ``sigma`` with its default for option ``scale``: for a declaration's `more_options`."""
    text = str(options["scale"])  # who called says what is wrong with one that is no number
    return {"sigma": published_sigma(int(text) if text.isdecimal() else PUBLISHED_SCALE)}
