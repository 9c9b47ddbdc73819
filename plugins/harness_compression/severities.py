"""Published severities, from 1 (mild) to 5, as what they mean to an encoder. Imports nothing heavy.

H.264 and H.265 are those of mini-Kinetics-C and mini-SSV2-C (Yi et al., NeurIPS Datasets and Benchmarks 2021), JPEG
those of UCF101-P (Schiappa et al., CVPR 2023).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.errors import UsageError

USUAL: Mapping[str, int] = {"h264": 23, "h265": 27, "jpeg": 25}
"""What a codec is told if neither a level nor a severity is given."""
SEVERITIES: Mapping[str, Sequence[int]] = {
    "h264": (23, 30, 37, 44, 51),
    "h265": (27, 33, 39, 45, 51),
    "jpeg": (25, 18, 15, 10, 7),
}
"""The constant rate factor, or JPEG's quality, of each severity."""


def level_of(name: str, option: str, level: int, severity: int) -> int:
    """The level of a severity of the codec `name`, or `level` where that is 0.

    Raises `UsageError` for a severity that does not exist, and if `level` was given as well.
    """
    levels = SEVERITIES[name]
    if severity == 0:
        return level
    if not 1 <= severity <= len(levels):
        raise UsageError(f"{name}: severity={severity}: expected 1 to {len(levels)}; for another level give {option}")
    if level != USUAL[name]:
        raise UsageError(f"{name}: severity={severity} means {option}={levels[severity - 1]}; give one of the two")
    return levels[severity - 1]
