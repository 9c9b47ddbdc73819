"""Rendering and writing clips of `mini`."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.errors import HarnessError, UsageError
from harness_mini import build, encode
from harness_mini.compat import need_pybullet
from harness_mini.plan import generator, jobs

NO_PYBULLET = "pybullet is not installed (pip install 'harness-sr[mini-build]')"


@pytest.fixture
def small_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """A data set of two clips a split, in this process."""
    monkeypatch.setattr(build, "jobs", lambda split, seed: jobs(split, seed)[:2])


def test_two_clips_rendered_twice_are_equal(tmp_path: Path) -> None:
    pytest.importorskip("pybullet", reason=NO_PYBULLET)
    from harness_mini.classes import CLASSES
    from harness_mini.render import render
    from harness_mini.settings import draw_setting

    for job in jobs("test", seed=0)[:2]:
        setting = draw_setting(job.split, generator(0, job.group))
        # eight frames show it as well as twenty
        first, second = (render(CLASSES[job.label], setting, generator(0, job.id), frames=8) for _ in range(2))
        assert first.shape == (8, 112, 112, 3)
        assert first.dtype == np.uint8
        assert first.std() > 15
        assert np.array_equal(first, second)
        assert not np.array_equal(first[0], first[-1])


def test_a_shadow_starts_at_the_foot_and_falls_away_from_the_lamp() -> None:
    from harness_mini.shadow import View, mask

    view = View(np.array([4.0, 0.0, 1.3]), np.array([0.0, 0.0, 0.8]), 50.0, 112)
    # a post of 1 m under a lamp to the left of the camera: its shadow starts at its foot and falls to the right
    post = [(np.zeros(3), np.array([0.0, 0.0, 1.0]), 0.05)]
    dark = mask(post, np.array([0.0, -1.0, 1.0]), view)
    foot = view.project(np.zeros((1, 3)))[0]
    columns = np.flatnonzero(dark.any(axis=0))
    assert columns.min() == pytest.approx(foot[0], abs=3)
    assert columns.max() > foot[0] + 15


def test_clips_decode_nearly_as_written(tmp_path: Path) -> None:
    rows = np.arange(112)[:, None, None] * np.array([1.0, 1.5, 0.5])
    frames = np.stack([np.broadcast_to(rows + 3 * t, (112, 112, 3)) for t in range(5)]).astype(np.uint8)
    encode.write(tmp_path / "clip.mp4", frames)
    again = encode.read(tmp_path / "clip.mp4")
    assert again.shape == frames.shape
    assert 10 * np.log10(255**2 / np.mean((again.astype(float) - frames) ** 2)) > 42
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_a_truncated_clip_is_not_taken_for_whole(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    encode.write(path, np.zeros((4, 112, 112, 3), dtype=np.uint8))
    assert encode.is_whole(path)
    path.write_bytes(path.read_bytes()[:300])
    assert not encode.is_whole(path)
    assert not encode.is_whole(tmp_path / "absent.mp4")


def test_build_writes_everything_and_keeps_existing_clips(tmp_path: Path, small_plan: None) -> None:
    pytest.importorskip("pybullet", reason=NO_PYBULLET)
    seen: list[tuple[int, int]] = []
    build.build(tmp_path, seed=4, splits=("test",), workers=1, progress=lambda done, of: seen.append((done, of)))
    assert seen == [(1, 2), (2, 2)]
    assert (tmp_path / "test.csv").read_text().splitlines()[0] == "id,path,label,group,num_frames"
    assert "seed 4" in (tmp_path / "card.md").read_text()
    clips = sorted((tmp_path / "test").iterdir())
    before = [path.stat().st_mtime_ns for path in clips]
    annotation = (tmp_path / "test.csv").read_bytes()
    build.build(tmp_path, seed=4, splits=("test",), workers=1)
    assert [path.stat().st_mtime_ns for path in clips] == before
    assert (tmp_path / "test.csv").read_bytes() == annotation
    with pytest.raises(UsageError, match="seed 4, not 5"):
        build.build(tmp_path, seed=5, splits=("test",), workers=1)


def test_an_unknown_split_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'val'"):
        build.build(tmp_path, splits=("val",))


def test_without_pybullet_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str, *rest: Any) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(HarnessError, match=r"harness-sr\[mini-build\]"):
        need_pybullet()
