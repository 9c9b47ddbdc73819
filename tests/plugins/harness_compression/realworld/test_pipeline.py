"""The whole: the same bytes for a clip whatever else happens, the LR size exactly, and one golden clip."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from harness.checks import check_degradation, require
from harness.cli.main import app
from harness.errors import UsageError
from harness.planning.building import Given, build
from harness.planning.resolving import resolve_part
from harness.registry import registry
from harness.specs import DegradationSpec
from harness.video.frames import Bytes
from harness_compression.realworld.pipeline import RealWorld


def clip(frames: int = 8, height: int = 64, width: int = 96) -> list[Bytes]:
    y, x = np.mgrid[:height, :width].astype(float)
    levels = [np.stack([np.sin((x - t) / 6), np.cos((y + x) / 9), np.sin((y - t) / 7)], -1) for t in range(frames)]
    return list(np.rint(127.5 + 100 * np.stack(levels)).astype(np.uint8))


def made(name: str = "a", seed: int = 0, frames: list[Bytes] | None = None) -> Bytes:
    return np.stack(list(RealWorld(4, seed).degrade_clip(iter(clip() if frames is None else frames), name)))


@pytest.fixture
def opencv_threads() -> Iterator[Callable[[int], None]]:
    before = cv2.getNumThreads()
    yield cv2.setNumThreads
    cv2.setNumThreads(before)


def test_it_keeps_the_contract_at_any_scale() -> None:
    for scale in (2, 3):
        require(check_degradation(RealWorld(scale), scale=scale))


def test_a_clip_gives_the_same_bytes_whatever_the_order_and_however_many_threads(
    opencv_threads: Callable[[int], None],
) -> None:
    expected = {name: made(name) for name in "abc"}
    opencv_threads(1)
    assert all(np.array_equal(made(name), expected[name]) for name in "cba")
    opencv_threads(4)
    with ThreadPoolExecutor(3) as pool:
        found = dict(zip("bca", pool.map(made, "bca"), strict=True))
    assert all(np.array_equal(found[name], expected[name]) for name in "abc")


def test_seeds_and_clips_draw_differently() -> None:
    several = [made("a"), made("b"), made("a", seed=1)]
    assert all((first != second).mean() > 0.2 for first, second in pairwise(several))


def test_the_last_encoding_comes_before_or_after_the_last_resizing() -> None:
    orders = [[type(step).__name__ for step in RealWorld(4).steps((8, 8), str(n))][9:] for n in range(200)]
    last = ["Fit", "Blur", "function"]
    assert all(order in (last, ["function", "Fit", "Blur"]) for order in orders)
    assert orders.count(last) / 200 == pytest.approx(0.5, abs=0.12)


def test_frames_are_read_as_they_come_and_a_clip_without_any_has_none() -> None:
    assert list(RealWorld(4).degrade_clip(iter([]), "a")) == []
    assert made(frames=clip(1, 20, 12)).shape == (1, 5, 3, 3)


def sampled(found: Bytes) -> list[int]:
    """Green of every fourth row and sixth column of the first and the last frame."""
    return [int(level) for level in found[[0, -1], 1::4, 2::6, 1].ravel()]


@pytest.mark.parametrize("name", ["a", "street/01"])
def test_levels_are_those_of_a_clip_that_was_made_once(name: str) -> None:
    """Another version of an encoder moves them by a few levels; another step, order or draw by far more."""
    difference = np.abs(np.subtract(sampled(made(name)), GOLDEN[name]))
    assert difference.mean() < 2 and difference.max() <= 10
    assert np.abs(np.subtract(sampled(made(name, seed=1)), GOLDEN[name])).mean() > 8


GOLDEN = {
    "a": [
        122,
        84,
        188,
        79,
        75,
        209,
        80,
        165,
        160,
        128,
        93,
        180,
        199,
        50,
        228,
        99,
        111,
        105,
        184,
        32,
        56,
        188,
        87,
        148,
        134,
        119,
        140,
        164,
        154,
        45,
        188,
        58,
    ],
    "street/01": [
        118,
        88,
        200,
        36,
        43,
        202,
        58,
        156,
        171,
        117,
        92,
        190,
        192,
        35,
        217,
        58,
        106,
        101,
        194,
        31,
        32,
        213,
        63,
        155,
        163,
        123,
        91,
        180,
        181,
        39,
        224,
        52,
    ],
}


def test_versions_are_in_the_name_and_a_bad_seed_is_refused() -> None:
    text = resolve_part(DegradationSpec, "realworld:seed=3", registry()).text()
    for library in ("libavcodec ", "libjpeg ", "opencv ", "numpy "):
        assert library in text
    with pytest.raises(UsageError, match="seed=-1: expected 0 or more"):
        build(resolve_part(DegradationSpec, "realworld:seed=-1", registry()), Given())


def test_a_run_scores_it_and_training_refuses_it(
    small_benchmark: Callable[..., Path], made_clips: Callable[..., Path], tmp_path: Path
) -> None:
    file = small_benchmark(tmp_path, degradation="realworld:scale=4", train_split="test")
    given = ["--benchmark", str(file), "--data", str(made_clips())]
    ran = CliRunner().invoke(app, ["run", *given, "--out", str(tmp_path / "run")])
    assert ran.exit_code == 0, ran.output
    recipe = ["--recipe", "mini-2", "--out", str(tmp_path / "out")]
    trained = CliRunner().invoke(app, ["train", "srresnet", *given, *recipe])
    assert trained.exit_code == 2 and "realworld degrades whole clips" in trained.stderr
