"""Published severities, from 1 (mild) to 5, as what they mean to a codec or a channel. Imports nothing heavy.

JPEG's are those of UCF101-P (Schiappa et al., CVPR 2023), all others those of mini-Kinetics-C and mini-SSV2-C (Yi et
al., NeurIPS Datasets and Benchmarks 2021).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.errors import UsageError

USUAL: Mapping[str, int] = {"h264": 23, "h265": 27, "jpeg": 25, "bit_error": 100_000, "packet_loss": 1}
"""The level, if neither a level nor a severity is given."""
SEVERITIES: Mapping[str, Sequence[int]] = {
    "h264": (23, 30, 37, 44, 51),
    "h265": (27, 33, 39, 45, 51),
    "jpeg": (25, 18, 15, 10, 7),
    "bit_error": (100_000, 50_000, 30_000, 20_000, 10_000),
    "packet_loss": (1, 2, 3, 4, 6),
}
"""The constant rate factor, JPEG's quality, the bits to one that is wrong, or the percentage that is lost."""


def level_of(name: str, option: str, level: int, severity: int) -> int:
    """The level of a severity of the degradation `name`, or `level` where that is 0.

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
