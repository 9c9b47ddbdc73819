"""Each step alone: what is drawn has the given probabilities, and levels stay in their range and walk."""

from __future__ import annotations

from collections import Counter
from itertools import islice, pairwise

import cv2
import numpy as np
import pytest

from harness.video.frames import Bytes
from harness_compression.codecs import jpeg_of, recoded
from harness_compression.realworld import blurs, steps
from harness_compression.realworld.blurs import Blur, Image
from harness_compression.realworld.pipeline import RINGING
from harness_compression.realworld.steps import Noise, Resize, codec, gaussian_noise, jpeg, poisson_noise
from harness_compression.realworld.walks import Walk


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def grey(level: float, height: int = 200, width: int = 160) -> Image:
    return np.full((height, width, 3), level, np.float32)


def textured(frames: int = 6, height: int = 48, width: int = 64) -> list[Image]:
    y, x = np.mgrid[:height, :width].astype(np.float32)
    waves = [np.stack([np.sin((x - t) / 3), np.cos((y + x) / 5), np.sin((y - t) / 4)], -1) for t in range(frames)]
    return [np.float32(127.5) + 100 * wave for wave in waves]


@pytest.mark.parametrize("walk", [Walk(0.2, 3, 0.02), Walk(30, 95, 3, whole=True), Walk(-np.pi, np.pi, 0.314)])
def test_a_walk_stays_in_its_range_and_takes_small_steps(walk: Walk) -> None:
    values = list(islice(walk.values(rng()), 3000))
    assert walk.low <= min(values) < max(values) <= walk.high
    moves = np.abs(np.diff(values))
    assert 0.5 * walk.step < moves.max() <= walk.step + 1e-9
    assert not walk.whole or all(value == round(value) for value in values)


def test_first_values_are_spread_evenly() -> None:
    firsts = [next(Walk(1, 30, 0.1).values(rng(seed))) for seed in range(2000)]
    assert np.mean(firsts) == pytest.approx(15.5, abs=0.6) and min(firsts) < 1.5 and max(firsts) > 29.5


def test_kinds_of_blur_have_their_probabilities_and_sum_to_1(monkeypatch: pytest.MonkeyPatch) -> None:
    made: Counter[str] = Counter()
    for name in ("gaussian", "plateau", "sinc"):
        monkeypatch.setattr(blurs, name, lambda *args, name=name: made.update([name]) or np.ones((1, 1)))
    for seed in range(3000):
        next(Blur(Walk(0.2, 3, 0.02)).kernels(rng(seed)))
    assert sum(blurs.SHAPES.values()) == pytest.approx(1)
    shares = {name: count / 3000 for name, count in made.items()}
    assert shares == pytest.approx({"gaussian": 0.765, "plateau": 0.135, "sinc": 0.1}, abs=0.025)


def test_a_blur_walks_and_keeps_flat_areas_and_is_left_out_as_often_as_said() -> None:
    kernels = [k for seed in range(8) for k in pairwise(islice(Blur(Walk(0.2, 3, 0.02)).kernels(rng(seed)), 20))]
    assert all(first.shape == second.shape and abs(first - second).max() < 0.25 for first, second in kernels)
    for seed in range(8):
        np.testing.assert_allclose(next(Blur(Walk(0.2, 3))(iter([grey(90)]), rng(seed))), 90, atol=0.01)
    sharp = textured(1)[0]
    untouched = sum(next(RINGING(iter([sharp]), rng(seed))) is sharp for seed in range(1000))
    assert untouched / 1000 == pytest.approx(0.2, abs=0.04)


def test_sizes_are_even_walk_in_their_range_and_have_a_floor() -> None:
    resize = Resize((0.2, 0.7, 0.1), Walk(0.15, 1.5, 0.015))
    ways: Counter[str] = Counter()
    for seed in range(600):
        found = [frame.shape[1] for frame in resize(iter([grey(0, 100, 200)] * 5), rng(seed))]
        assert all(30 <= width <= 300 and width % 2 == 0 for width in found)
        assert max(abs(a - b) for a, b in pairwise(found)) <= 5
        ways["up" if found[0] > 200 else "down" if found[0] < 200 else "keep"] += 1
    shares = {way: count / 600 for way, count in ways.items()}
    assert shares == pytest.approx({"up": 0.2, "down": 0.7, "keep": 0.1}, abs=0.06)
    small = [next(resize(iter([grey(0, 30, 40)]), rng(seed))).shape for seed in range(50)]
    assert min(min(shape[:2]) for shape in small) == steps.LEAST


@pytest.mark.parametrize("same", [True, False])
def test_gaussian_noise_has_mean_0_and_deviation_1_in_each_channel(same: bool) -> None:
    noise = gaussian_noise(grey(100), same, rng())
    assert noise.shape == (200, 160, 1 if same else 3)
    assert noise.mean() == pytest.approx(0, abs=0.02) and noise.std() == pytest.approx(1, abs=0.02)
    assert same or abs(np.corrcoef(noise[..., 0].ravel(), noise[..., 1].ravel())[0, 1]) < 0.02


@pytest.mark.parametrize("same", [True, False])
def test_poisson_noise_has_the_variance_of_its_mean(same: bool) -> None:
    frame = grey(0)
    frame[:] = np.arange(160, dtype=np.float32)[:, None] + 60  # 160 levels: 256 photons for 255
    noise = poisson_noise(frame, same, rng())
    assert noise.shape == (200, 160, 1 if same else 3)
    for column in (0, 80, 159):
        mean = (60 + column) / 255
        assert noise[:, column].mean() == pytest.approx(0, abs=4)
        assert noise[:, column].std() == pytest.approx(255 * np.sqrt(mean / 256), rel=0.15)


def test_either_noise_comes_as_often_and_is_grey_as_often_as_said() -> None:
    levels = Noise(Walk(20, 20), Walk(2, 2))
    found: Counter[tuple[bool, bool]] = Counter()
    for seed in range(600):
        frame = grey(0, 12, 12)  # black has no shot noise
        noisy = next(levels(iter([frame]), rng(seed)))
        shot = bool((noisy == frame).all())
        found[shot, not shot and bool((noisy == noisy[..., :1]).all())] += 1
    assert found[True, False] / 600 == pytest.approx(0.5, abs=0.06)
    assert found[False, True] / (found[False, True] + found[False, False]) == pytest.approx(0.4, abs=0.08)


@pytest.mark.parametrize("quality", [30, 60, 95])
def test_jpeg_is_that_of_opencv(quality: int) -> None:
    frame = steps.as_bytes(textured(1)[0])
    _, coded = cv2.imencode(".jpg", frame[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    difference = jpeg_of(frame, quality).astype(int) - np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR))[..., ::-1]
    assert abs(difference).max() <= 2 and abs(difference).mean() < 0.2


def test_jpeg_of_a_clip_walks_in_quality(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def spy(frame: Bytes, quality: int) -> Bytes:
        seen.append(quality)
        return frame

    monkeypatch.setattr(steps, "jpeg_of", spy)
    list(jpeg(iter(textured(1) * 200), rng()))
    assert all(30 <= quality <= 95 for quality in seen) and max(abs(np.diff(seen))) == 3


def test_a_codec_gives_frames_of_the_first_ones_size_and_as_many(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = [cv2.resize(frame, (40 + 2 * n, 30)) for n, frame in enumerate(textured(6))]
    used = set()

    def spy(given: object, fps: float, encoder: str, options: dict[str, str]) -> object:
        used.add(encoder)
        assert 10_000 <= int(options["b"]) <= 100_000 and options["threads"] == "1"
        return recoded(given, fps, encoder, options)  # type: ignore[arg-type]

    monkeypatch.setattr(steps, "recoded", spy)
    for seed in range(6):
        found = list(codec(iter(frames), rng(seed)))
        assert [frame.shape for frame in found] == [(30, 40, 3)] * 6
        assert np.abs(found[0] - frames[0]).mean() < 25
    assert used == {"libx264", "mpeg4"}
