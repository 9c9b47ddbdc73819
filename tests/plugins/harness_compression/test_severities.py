"""A severity is the level that was published for it, and nothing else; the identity of what was there stays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.errors import UsageError
from harness.planning.building import Given, build
from harness.planning.resolving import resolve_part
from harness.registry import registry
from harness.specs import DegradationSpec


def built(text: str) -> Any:
    return build(resolve_part(DegradationSpec, text, registry()), Given())


@pytest.mark.parametrize(
    ("name", "option", "levels"),
    [
        ("h264", "crf", (23, 30, 37, 44, 51)),
        ("h265", "crf", (27, 33, 39, 45, 51)),
        ("jpeg", "quality", (25, 18, 15, 10, 7)),
    ],
)
def test_each_severity_is_its_published_level(name: str, option: str, levels: tuple[int, ...]) -> None:
    for severity, level in enumerate(levels, 1):
        assert built(f"{name}:severity={severity}") == built(f"{name}:{option}={level}")


def test_a_severity_is_encoded_as_its_level() -> None:
    frames = list(np.random.default_rng(0).integers(0, 255, (3, 16, 16, 3), dtype=np.uint8))
    by_severity, by_level = (built(f"h264:{option}").recode(iter(frames), 25.0) for option in ("severity=3", "crf=37"))
    assert np.array_equal(list(by_severity), list(by_level))


@pytest.mark.parametrize("severity", [-1, 6])
def test_another_severity_is_refused_with_what_there_is(severity: int) -> None:
    with pytest.raises(UsageError, match=f"h265: severity={severity}: expected 1 to 5; for another level give crf"):
        built(f"h265:severity={severity}")


def test_severity_and_level_together_are_refused() -> None:
    with pytest.raises(UsageError, match="jpeg: severity=2 means quality=18; give one of the two"):
        built("jpeg:severity=2,quality=40")


def test_results_without_a_severity_keep_their_identity() -> None:
    assert "severity" not in resolve_part(DegradationSpec, "h264:crf=30", registry()).text()
    assert "severity=3" in resolve_part(DegradationSpec, "h264:severity=3", registry()).text()
