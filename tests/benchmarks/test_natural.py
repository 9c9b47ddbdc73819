"""The statistics of clips say of made-up ones what is known of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from harness_benchmarks import natural

from harness_mini import encode
from harness_mini.texture import pink


@pytest.mark.parametrize(("exponent", "slope"), [(0.0, 0.0), (1.0, -2.0), (1.5, -3.0)])
def test_the_slope_is_that_of_the_noise_it_was_made_with(exponent: float, slope: float) -> None:
    rng = np.random.default_rng(0)
    frames = np.stack([pink(176, exponent, rng) for _ in range(4)]).astype(np.float64)
    assert natural.spectrum(frames)[0] == pytest.approx(slope, abs=0.15)


def test_the_share_above_the_limit_is_that_of_the_area_in_white_noise_and_nothing_in_a_slow_wave() -> None:
    white = np.random.default_rng(0).normal(size=(2, 176, 176))
    assert natural.spectrum(white)[1] == pytest.approx(1 - 1 / 16, abs=0.01)
    wave = np.broadcast_to(np.sin(np.arange(176) * 2 * np.pi * 9 / 176), (1, 176, 176))
    assert natural.spectrum(wave)[1] < 1e-6


def test_noise_makes_frames_that_do_not_match_the_next_ones() -> None:
    rng = np.random.default_rng(1)
    still = np.repeat((128 + 25 * pink(176, 1.2, rng))[None, ..., None], 3, axis=0).repeat(3, axis=-1)
    noisy = still + rng.normal(0, 6, still.shape)
    flow = natural.benchmark_flow()
    calm, rough = (natural.measure(np.clip(clip, 0, 255).astype(np.uint8), flow) for clip in (still, noisy))
    assert calm.hr_warp < 0.1 < 20 < rough.hr_warp
    assert rough.bicubic_warp < rough.hr_warp / 4


def test_the_command_writes_the_numbers_into_the_card(tmp_path: Path) -> None:
    (tmp_path / "test").mkdir()
    rng = np.random.default_rng(2)
    clip = 128 + 30 * pink(176, 1.4, rng)[None, ..., None] + rng.normal(0, 3, (3, 176, 176, 3))
    encode.write(tmp_path / "test" / "a.mp4", np.clip(clip, 0, 255).astype(np.uint8), crf=12)
    (tmp_path / "test.csv").write_text("id,path,label,group,num_frames\na,test/a.mp4,0,g,3\n")
    (tmp_path / "card.md").write_text("# Data card\n\n## Statistics\n\nNot measured.\n")
    for _ in range(2):
        natural.main(tmp_path)
    text = (tmp_path / "card.md").read_text()
    assert text.startswith("# Data card\n\n## Statistics\n") and "Not measured" not in text
    assert text.count("| test | 1 | -2.") == 1
