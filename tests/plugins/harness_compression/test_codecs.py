"""Codecs as degradations: the same bits twice, worse with a higher factor, any size, and the whole clip in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from harness.checks import check_degradation, require
from harness.errors import UsageError
from harness.planning.building import Given, build
from harness.planning.resolving import resolve_part
from harness.registry import registry
from harness.specs import DegradationSpec
from harness.video.frames import Bytes, open_video, to_tensor, to_uint8
from harness_compression.codecs import Jpeg, VideoCodec, h264, h265
from tests.plugins.harness_compression.conftest import drifting, psnr


def built(text: str) -> VideoCodec:
    codec: VideoCodec = build(resolve_part(DegradationSpec, text, registry()), Given())
    return codec


@pytest.mark.parametrize("name", ["h264", "h265"])
def test_the_same_clip_gives_the_same_bits_and_a_higher_factor_a_worse_one(name: str) -> None:
    frames, found = drifting(), {}
    for factor in (18, 33, 51):
        codec = built(f"{name}:crf={factor}")
        found[factor], again = (list(codec.recode(iter(frames), 25.0)) for _ in range(2))
        assert np.array_equal(found[factor], again) and len(again) == len(frames)
    quality = [psnr(frames, recoded) for recoded in found.values()]
    assert quality == sorted(quality, reverse=True) and quality[0] > quality[-1] + 5


@pytest.mark.parametrize("make", [h264, h265])
@pytest.mark.parametrize(("height", "width"), [(60, 80), (33, 41), (130, 50)])
def test_what_memory_held_before_makes_no_difference(
    make: Callable[..., VideoCodec], height: int, width: int, fresh_memory: Callable[[int], None]
) -> None:
    """x265 looks beyond its memory where a side is short, so that one and the same clip came out in several ways."""
    frames, found = drifting(12, height, width), []
    for byte in (0, 1, 85, 255):
        fresh_memory(byte)
        found.append(list(make(scale=4, crf=18, library="").recode(iter(frames), 25.0)))
    assert all(np.array_equal(found[0], again) for again in found)


@pytest.mark.parametrize("make", [h264, h265])
@pytest.mark.parametrize(("height", "width"), [(33, 41), (35, 32), (60, 80), (130, 180), (44, 44), (3, 5)])
def test_odd_sides_come_back_as_they_were(make: Callable[..., VideoCodec], height: int, width: int) -> None:
    frames = drifting(4, height, width)
    recoded = list(make(scale=4, crf=20, library="").recode(iter(frames), 0.0))
    assert [frame.shape for frame in recoded] == [(height, width, 3)] * 4 and psnr(frames, recoded) > 20


def test_frames_depend_on_those_before_them() -> None:
    frames, codec = drifting(), h264(scale=4, crf=37, library="")
    alone = next(codec.recode(iter(frames[6:7]), 25.0))
    assert not np.array_equal(alone, list(codec.recode(iter(frames), 25.0))[6])


def test_a_clip_without_frames_has_none() -> None:
    assert list(h264(scale=4, crf=20, library="").recode(iter([]), 25.0)) == []


def test_jpeg_keeps_the_contract_and_is_that_of_pillow() -> None:
    require(check_degradation(Jpeg(4, 25), scale=4))
    hr = torch.rand(2, 3, 32, 40, generator=torch.Generator().manual_seed(0))
    coarse, fine = (Jpeg(2, quality).degrade(hr) for quality in (5, 95))
    low = to_tensor(to_uint8(Jpeg(2, 95).degrade(hr)))
    assert torch.equal(low, fine) and (coarse - fine).abs().mean() > 0.02


def test_what_an_encoder_does_not_know_is_refused_and_its_version_is_in_the_name() -> None:
    for text in ("h264:crf=52", "h265:crf=-1", "jpeg:quality=0", "jpeg:quality=96"):
        with pytest.raises(UsageError, match="expected"):
            built(text)
    assert "library=libavcodec " in resolve_part(DegradationSpec, "h264:crf=30", registry()).text()
    assert "library=libjpeg " in resolve_part(DegradationSpec, "jpeg", registry()).text()


@pytest.mark.assets
def test_quality_by_factor_is_that_of_an_encoder_run_by_hand(assets: Path) -> None:
    """Of x264 with one thread, preset medium, on the LR frames of the first 60 frames of a Basketball clip."""
    video = open_video(assets / "ucf101-subset" / "Basketball" / "v_Basketball_g01_c01.avi")
    hr = to_tensor(video.read(0, 60))
    low = list(to_uint8(h264(scale=4, crf=0, library="").degrade(hr)))
    expected = {0: 34.39, 18: 32.88, 23: 31.71, 30: 29.22, 37: 26.17, 44: 23.19, 51: 20.46}
    for factor, decibels in expected.items():
        recoded = list(h264(scale=4, crf=factor, library="").recode(iter(low), video.fps))
        assert psnr(low, recoded) == pytest.approx(decibels, abs=0.5)  # another clip of the group was taken


def test_generators_are_taken_as_they_come() -> None:
    taken: list[int] = []

    def frames() -> Iterator[Bytes]:
        for number, frame in enumerate(drifting(3)):
            taken.append(number)
            yield frame

    assert len(list(h264(scale=4, crf=30, library="").recode(frames(), 25.0))) == 3 and taken == [0, 1, 2]
