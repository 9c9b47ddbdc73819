"""Clips sent as H.264: unharmed as the codec alone leaves them, the same bits twice, and harmed as often as asked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from harness.checks import check_degradation, require
from harness.errors import UsageError
from harness.planning.building import Given, build
from harness.planning.resolving import resolve_part
from harness.registry import registry
from harness.specs import DegradationSpec
from harness.video.frames import Bytes
from harness_compression.codecs import h264, recoded
from harness_compression.transmission import (
    ENCODER,
    Transmitted,
    bit_error,
    encoded,
    flipped,
    kind_of,
    lost,
    packet_loss,
)
from tests.plugins.harness_compression.conftest import drifting, psnr

SLICE = b"\0\0\1\x41" + bytes(1 << 16)
RESTART = b"\0\0\1\x65" + bytes(8)


def built(text: str) -> Transmitted:
    channel: Transmitted = build(resolve_part(DegradationSpec, text, registry()), Given())
    return channel


def sent(channel: Transmitted, frames: list[Bytes], clip: str = "a") -> list[Bytes]:
    return list(channel.degrade_clip(iter(frames), clip))


@pytest.mark.parametrize(("height", "width"), [(60, 80), (33, 41), (240, 320)])
def test_what_arrives_unharmed_is_what_the_codec_alone_makes_of_it(height: int, width: int) -> None:
    frames = drifting(12, height, width)
    expected = list(recoded(iter(frames), 25.0, "libx264", ENCODER))
    if height < 200:  # and so of one slice a picture
        assert np.array_equal(list(h264(scale=1, crf=23).recode(iter(frames), 25.0)), expected)
    assert np.array_equal(sent(packet_loss(scale=1, percent=0), frames), expected)
    assert np.array_equal(sent(bit_error(scale=1, one_in=10**12), frames), expected)


@pytest.mark.parametrize("name", ["bit_error", "packet_loss"])
def test_harm_grows_with_severity_and_is_drawn_by_seed_and_clip(name: str) -> None:
    frames, quality = drifting(24, 120, 160), {}
    whole = sent(packet_loss(scale=1, percent=0), frames)
    for severity in (1, 5):
        found = [sent(built(f"{name}:scale=1,severity={severity},seed={seed}"), frames) for seed in range(12)]
        assert all(len(clip) == len(frames) for clip in found)
        quality[severity] = np.mean([np.abs(np.stack(clip) - np.stack(whole, dtype=float)).mean() for clip in found])
    assert quality[5] > 2 * quality[1]
    assert len({np.stack(clip).tobytes() for clip in found}) > 6
    by_clip = {np.stack(sent(built(f"{name}:scale=1,severity=5"), frames, clip)).tobytes() for clip in "abcdefgh"}
    assert len(by_clip) > 3


@pytest.mark.parametrize("text", ["bit_error:scale=1,one_in=3000", "packet_loss:scale=1,percent=20"])
def test_what_memory_held_before_makes_no_difference(text: str, fresh_memory: Callable[[int], None]) -> None:
    frames, found = drifting(16, 60, 80), []
    for byte in (0, 1, 85, 255):
        fresh_memory(byte)
        found.append([sent(built(f"{text},seed={seed}"), frames) for seed in range(8)])
    assert all(np.array_equal(found[0], again) for again in found)


def test_as_many_bits_are_wrong_and_slices_lost_as_was_asked_for() -> None:
    draw = np.random.default_rng(0)
    wrong = np.unpackbits(np.frombuffer(flipped(SLICE, draw, one_in=100), np.uint8)[4:])
    assert 0.009 < wrong.mean() < 0.011
    assert flipped(SLICE, draw, one_in=100)[:4] == SLICE[:4]
    gone = [not lost(SLICE, draw, percent=6) for _ in range(10_000)]
    assert 0.05 < np.mean(gone) < 0.07
    assert all(lost(RESTART, draw, percent=100) for _ in range(10))


def test_a_lost_frame_is_the_one_before_it_and_a_lost_clip_grey() -> None:
    frames = drifting(6)
    only_first = sent(packet_loss(scale=1, percent=100), frames)
    assert all(np.array_equal(only_first[0], frame) for frame in only_first) and psnr(frames[:1], only_first[:1]) > 25
    nothing = Transmitted(1, lambda unit, draw: b"")
    assert all((frame == 128).all() for frame in sent(nothing, frames)) and len(sent(nothing, frames)) == 6
    assert sent(nothing, []) == []


def test_parameter_sets_and_as_many_frames_as_were_given_are_sent() -> None:
    packets = encoded(drifting(9, 240, 320))
    assert sorted(number for number, _ in packets) == list(range(9))
    kinds = [kind_of(b"\0\0\1" + unit) for unit in packets[0][1].split(b"\0\0\1") if unit]
    assert {7, 8, 5} <= set(kinds) and kinds.count(5) > 1, "a large picture has several slices"


def test_they_keep_the_contract_and_refuse_what_makes_no_sense() -> None:
    for name in ("bit_error", "packet_loss"):
        require(check_degradation(built(name), scale=4))
    for text in ("bit_error:one_in=0", "packet_loss:percent=101", "packet_loss:percent=-1", "bit_error:seed=-1"):
        with pytest.raises(UsageError, match="expected"):
            built(text)
    with pytest.raises(UsageError, match="give one of the two"):
        built("packet_loss:percent=2,severity=2")
