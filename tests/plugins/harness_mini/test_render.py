"""Rendering and writing clips of `mini-2`."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from harness.errors import HarnessError, UsageError
from harness_mini import build, encode
from harness_mini.classes import CLASSES
from harness_mini.compat import need_pybullet
from harness_mini.panels import Panel, Room
from harness_mini.plan import generator, jobs
from harness_mini.plate import Light, take
from harness_mini.render import render
from harness_mini.setting import Setting, draw_setting
from harness_mini.shadow import shade
from harness_mini.surfaces import Surface
from harness_mini.view import View, Window

NO_PYBULLET = "pybullet is not installed (pip install 'harness-sr[mini-build]')"


@pytest.fixture
def small_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """A data set of two clips a split, in this process."""
    monkeypatch.setattr(build, "jobs", lambda split, seed: jobs(split, seed)[:2])


@pytest.fixture
def setting() -> Setting:
    return draw_setting("test", generator(0, "test_000"))


def test_a_clip_rendered_twice_is_equal_and_moves(setting: Setting) -> None:
    pytest.importorskip("pybullet", reason=NO_PYBULLET)
    job = jobs("test", seed=0)[0]
    first, second = (
        render(CLASSES[job.label], setting, generator(0, job.id), generator(0, "noise"), frames=3) for _ in range(2)
    )
    assert first.shape == (3, 176, 176, 3)
    assert first.dtype == np.uint8
    assert first.std() > 15
    assert np.array_equal(first, second)
    assert not np.array_equal(first[0], first[-1])


def test_the_second_camera_sees_near_things_further_to_the_left(setting: Setting) -> None:
    pytest.importorskip("pybullet", reason=NO_PYBULLET)
    still = replace(setting, camera=replace(setting.camera, blur=0.0, noise=0.0))
    left, right = (
        render(CLASSES[0], still, generator(0, "x"), generator(0, "y"), frames=1, right=right)[0]
        for right in (False, True)
    )
    grey = [cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (left, right)]
    flow = cv2.calcOpticalFlowFarneback(grey[0], grey[1], None, 0.5, 3, 25, 5, 7, 1.5, 0)
    shift = np.median(flow[-12:, 20:-20], axis=(0, 1))
    # 6.5 cm at the near end of the floor, some two metres away, through a lens of 189 pixels
    assert -9 < shift[0] < -3
    assert abs(shift[1]) < 0.5


def test_a_turned_camera_sees_the_background_where_the_lens_puts_it() -> None:
    """A white spot on a wall, photographed once, lies in the frame of a turned camera where its projection does."""
    spot = Surface(np.pad(np.full((32, 32, 3), 255, np.uint8), ((240, 240), (240, 240), (0, 0))))
    wall = Panel(np.array([2.0, 1.0, 2.0]), np.array([0.0, -2.0, 0.0]), np.array([0.0, 0.0, -2.0]), spot)
    eye = np.array([-2.0, 0.0, 1.2])
    straight, turned = (View(eye, np.array([0.0, y, 1.0]), 300.0) for y in (0.0, 0.2))
    light = Light(np.array([-1.0, 0.0, 1.0]), 0.5)
    plate = take(Room([wall]), straight, Window(-250, -200, 500, 400), light, focus=4.0, aperture=0.0)
    seen = plate.seen(turned, Window(-176, -176, 352, 352))[..., 0].astype(float)
    rows, columns = np.nonzero(seen > seen.max() / 2)
    expected = turned.project(np.array([[2.0, 0.0, 1.0]]))[0] + 176
    assert (columns.mean() + 0.5, rows.mean() + 0.5) == pytest.approx(tuple(expected), abs=0.6)


def test_a_shadow_starts_at_the_foot_and_falls_away_from_the_lamp() -> None:
    view = View(np.array([4.0, 0.0, 1.3]), np.array([0.0, 0.0, 0.8]), 120.0)
    # a post of 1 m under a lamp to the left of the camera: its shadow starts at its foot and falls to the right
    post = [(np.zeros(3), np.array([0.0, 0.0, 1.0]), 0.05)]
    dark = shade(post, np.array([0.0, -1.0, 1.0]), view, Window(-56, -56, 112, 112))
    foot = view.project(np.zeros((1, 3)))[0] + 56
    columns = np.flatnonzero((dark > 128).any(axis=0))
    assert columns.min() == pytest.approx(foot[0], abs=3)
    assert columns.max() > foot[0] + 15


def test_clips_decode_nearly_as_written_and_the_worse_the_higher_crf(tmp_path: Path) -> None:
    rows = np.arange(176)[:, None, None] * np.array([1.0, 1.2, 0.5])
    frames = np.stack([np.broadcast_to(rows + 3 * t, (176, 176, 3)) for t in range(5)]).astype(np.uint8)
    errors = []
    for crf in (11, 35):
        encode.write(tmp_path / "clip.mp4", frames, crf)
        again = encode.read(tmp_path / "clip.mp4")
        assert again.shape == frames.shape
        errors.append(np.mean((again.astype(float) - frames) ** 2))
    assert errors[0] < 4 and errors[0] < errors[1]
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_a_truncated_clip_is_not_taken_for_whole(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    encode.write(path, np.zeros((4, 176, 176, 3), dtype=np.uint8), crf=15)
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
    with pytest.raises(UsageError, match=r"'val'.*test-right"):
        build.build(tmp_path, splits=("val",))


def test_without_pybullet_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str, *rest: Any) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(HarnessError, match=r"harness-sr\[mini-build\]"):
        need_pybullet()
