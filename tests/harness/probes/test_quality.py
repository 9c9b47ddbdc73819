"""PSNR and SSIM against BasicSR and scikit-image."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from skimage.color import rgb2ycbcr
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from harness.contracts import Probe
from harness.probes import quality
from harness.probes.quality import PsnrRgb, PsnrY, SsimRgb, SsimY
from harness.probes.similarity import luma, psnr, rgb, ssim
from harness.video.frames import round_to_8_bits, to_uint8
from harness_basicsr import compat as compat  # mends basicsr before it is imported

Make = Callable[..., Any]
PSNR_OF_BICUBIC, SSIM_OF_BICUBIC = 25.687, 0.55159


def reference(sample: Any, metric: str, border: int, on_luma: bool = True) -> list[float]:
    """BasicSR's value of every frame."""
    import basicsr.metrics.psnr_ssim as basicsr

    calculate = getattr(basicsr, f"calculate_{metric}")
    pairs = zip(to_uint8(sample.sr_frames), to_uint8(sample.hr_frames), strict=True)
    # its channel order is blue, green, red
    return [calculate(a[..., ::-1], b[..., ::-1], crop_border=border, test_y_channel=on_luma) for a, b in pairs]


@pytest.mark.parametrize("border", [0, 4])
def test_every_frame_agrees_with_basicsr(restored: Make, border: int) -> None:
    sample = restored()
    sr, hr = luma(sample.sr_frames, border), luma(sample.hr_frames, border)
    assert np.abs(psnr(sr, hr).numpy() - reference(sample, "psnr", border)).max() < 1e-4
    assert np.abs(ssim(sr, hr).numpy() - reference(sample, "ssim", border)).max() < 1e-4


@pytest.mark.parametrize("border", [0, 4])
def test_every_colour_frame_agrees_with_basicsr_and_scikit_image(restored: Make, border: int) -> None:
    sample = restored()
    sr, hr = rgb(sample.sr_frames, border), rgb(sample.hr_frames, border)
    assert np.abs(psnr(sr, hr).numpy() - reference(sample, "psnr", border, on_luma=False)).max() < 1e-4
    assert np.abs(ssim(sr, hr).numpy() - reference(sample, "ssim", border, on_luma=False)).max() < 1e-4
    expected = structural_similarity(
        sr[0].numpy(), hr[0].numpy(), channel_axis=0, data_range=255, gaussian_weights=True, sigma=1.5,
        use_sample_covariance=False,
    )  # fmt: skip
    assert float(ssim(sr, hr)[0]) == pytest.approx(expected, abs=1e-4)
    assert float(psnr(sr, hr)[0]) == pytest.approx(
        peak_signal_noise_ratio(hr[0].numpy(), sr[0].numpy(), data_range=255), abs=1e-4
    )


def test_hardest_cases_for_precision_agree_with_basicsr(restored: Make) -> None:
    """One grey level of difference in flat white, black and noisy frames, where digits cancel."""
    sample = restored(frames=4)
    noise = torch.rand(3, 64, 72, generator=torch.Generator().manual_seed(0))
    sample.hr_frames = round_to_8_bits(torch.stack((torch.ones(3, 64, 72), torch.zeros(3, 64, 72), noise, noise)))
    sample.sr_frames = sample.hr_frames.clone()
    sample.sr_frames[0, :, 30, 30] -= 1 / 255
    sample.sr_frames[1, 1, 20:, 20:] += 1 / 255
    sample.sr_frames[2, 0] = round_to_8_bits(sample.sr_frames[2, 0] + 1 / 255)
    sample.sr_frames[3] = 1 - sample.sr_frames[3]
    sr, hr = luma(sample.sr_frames, 4), luma(sample.hr_frames, 4)
    assert np.abs(psnr(sr, hr).numpy() - reference(sample, "psnr", 4)).max() < 1e-4
    assert np.abs(ssim(sr, hr).numpy() - reference(sample, "ssim", 4)).max() < 1e-4


def test_agrees_with_scikit_image(restored: Make) -> None:
    sample = restored(frames=2)
    sr, hr = (rgb2ycbcr(to_uint8(frames))[:, 4:-4, 4:-4, 0] for frames in (sample.sr_frames, sample.hr_frames))
    for index in range(2):
        expected = structural_similarity(
            sr[index], hr[index], data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )
        ours = luma(sample.sr_frames, 4), luma(sample.hr_frames, 4)
        assert float(ssim(*ours)[index]) == pytest.approx(expected, abs=1e-4)
        assert float(psnr(*ours)[index]) == pytest.approx(
            peak_signal_noise_ratio(hr[index], sr[index], data_range=255), abs=1e-4
        )


def test_probes_average_over_frames_and_crop_the_scale(restored: Make) -> None:
    sample = restored()
    numbers = PsnrY(scale=4).measure(sample).numbers
    frames = np.array(reference(sample, "psnr", 4))
    assert numbers == {
        "psnr_y": pytest.approx(frames.mean(), abs=1e-4),
        "psnr_y_infinite": 0,
        "psnr_y_error": pytest.approx((255**2 / 10 ** (frames / 10)).sum(), rel=1e-4),
        "psnr_y_frames": 6,
    }
    assert SsimY(scale=4).measure(sample).numbers["ssim_y"] == pytest.approx(
        np.mean(reference(sample, "ssim", 4)), abs=1e-4
    )
    whole = PsnrY(scale=4, crop_border=0).measure(sample).numbers["psnr_y"]
    assert whole == pytest.approx(np.mean(reference(sample, "psnr", 0)), abs=1e-4)
    less = PsnrY(scale=2).measure(sample).numbers["psnr_y"]
    assert less == pytest.approx(np.mean(reference(sample, "psnr", 2)), abs=1e-4)


@pytest.mark.parametrize(
    ("probe", "metric", "on_luma"),
    [(PsnrY, "psnr", True), (SsimY, "ssim", True), (PsnrRgb, "psnr", False), (SsimRgb, "ssim", False)],
)
def test_border_and_shave_add_up(restored: Make, probe: Callable[..., Any], metric: str, on_luma: bool) -> None:
    """Nothing is cut off with both at 0; EDSR's evaluation on DIV2K cuts off the scale and six pixels."""
    sample = restored()
    for options, border in (({"crop_border": 0}, 0), ({"shave": 6}, 10), ({"crop_border": 3, "shave": 2}, 5)):
        made = probe(scale=4, **options)
        found = made.measure(sample).numbers[made.key]
        assert found == pytest.approx(np.mean(reference(sample, metric, border, on_luma)), abs=1e-4)


def test_bicubic_x4_of_these_frames_without_a_crop_keeps_its_figures(restored: Make) -> None:
    """With nothing cut off, bicubic x4 has 23.78 dB and 0.6347 on Vid4; of frames that are here the figures are these.

    BasicSR's imresize and metrics gave them.
    """
    sample = restored()
    psnr_y, ssim_y = (probe(scale=4, crop_border=0).measure(sample).numbers for probe in (PsnrY, SsimY))
    assert psnr_y["psnr_y"] == pytest.approx(PSNR_OF_BICUBIC, abs=5e-3)
    assert ssim_y["ssim_y"] == pytest.approx(SSIM_OF_BICUBIC, abs=5e-5)


def test_only_the_wanted_frames_are_compared(restored: Make) -> None:
    sample = restored(frames=9)
    probe: Probe = PsnrY(scale=4, samples=3)
    assert probe.wants(9).frames == (1, 4, 7) and probe.wants(9).pairs == ()
    found = probe.measure(sample).numbers["psnr_y"]
    assert sample.asked_frames <= {1, 4, 7}
    assert found == pytest.approx(np.mean([reference(sample, "psnr", 4)[t] for t in (1, 4, 7)]), abs=1e-4)
    assert probe.wants(1).frames == (0,) and SsimY(4).wants(5).frames == (0, 1, 2, 3, 4)


def test_identical_frames_are_left_out_and_counted(restored: Make) -> None:
    sample = restored()
    sample.sr_frames[[0, 3]] = sample.hr_frames[[0, 3]]
    numbers = PsnrY(scale=4).measure(sample).numbers
    finite = [v for v in reference(sample, "psnr", 4) if np.isfinite(v)]
    assert numbers["psnr_y_infinite"] == 2 and len(finite) == 4
    assert numbers["psnr_y"] == pytest.approx(np.mean(finite), abs=1e-4)
    assert numbers["psnr_y_error"] == pytest.approx(sum(255**2 / 10 ** (v / 10) for v in finite), rel=1e-4)
    assert numbers["psnr_y_frames"] == 6


def test_ceiling_has_no_psnr_and_ssim_of_one(restored: Make) -> None:
    sample = restored("hr")
    numbers = PsnrY(scale=4).measure(sample).numbers
    assert numbers == {"psnr_y": None, "psnr_y_infinite": 6, "psnr_y_error": 0, "psnr_y_frames": 6}
    assert SsimY(scale=4).measure(sample).numbers["ssim_y"] == pytest.approx(1, abs=1e-6)


def test_frames_too_small_to_compare_are_undefined(restored: Make) -> None:
    sample = restored(height=16, width=40)
    assert SsimY(scale=4).measure(sample).numbers == {"ssim_y": None}
    assert PsnrY(scale=4).measure(sample).numbers["psnr_y"] is not None
    assert PsnrY(scale=4, crop_border=8).measure(sample).numbers["psnr_y"] is None
    assert SsimY(scale=4, crop_border=0, shave=3).measure(sample).numbers == {"ssim_y": None}


def test_long_clips_cut_into_blocks_give_the_same_numbers(restored: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = restored()
    whole = [probe(scale=4).measure(sample).numbers for probe in (PsnrY, SsimY)]
    monkeypatch.setattr(quality, "BLOCK_PIXELS", {"cpu": 2 * 64 * 72})
    assert [probe(scale=4).measure(sample).numbers for probe in (PsnrY, SsimY)] == whole


def test_faster_than_basicsr(restored: Make) -> None:
    """Measured on one thread for 20 frames of 112x112: 2 ms and 6 ms, four times faster than BasicSR."""
    sample = restored(frames=20, height=112, width=112)
    ours = min(_seconds(lambda: [p(scale=4).measure(sample) for p in (PsnrY, SsimY)]) for _ in range(5))
    theirs = min(_seconds(lambda: [reference(sample, metric, 4) for metric in ("psnr", "ssim")]) for _ in range(3))
    assert ours < theirs


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_same_on_the_gpu(restored: Make) -> None:
    sample = restored()
    expected = {**PsnrY(4).measure(sample).numbers, **SsimY(4).measure(sample).numbers}
    sample.sr_frames, sample.hr_frames = sample.sr_frames.cuda(), sample.hr_frames.cuda()
    found = {**PsnrY(4).measure(sample).numbers, **SsimY(4).measure(sample).numbers}
    assert found == pytest.approx(expected, abs=1e-4)
