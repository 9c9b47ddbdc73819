"""LR frames through a codec. Classes implement `harness.contracts.Degradation`, those of videos `ClipDegradation`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from harness.errors import UsageError
from harness.video.degrade import Bicubic
from harness.video.frames import Bytes, open_video, to_tensor, to_uint8, write_video
from harness_compression.severities import level_of

WORST_RATE_FACTOR = 51
BEST_QUALITY = 95
USUAL_RATE = 25.0
"""Frames per second of a clip that does not say: encoders spend their bits by it."""


@dataclass
class VideoCodec:
    """Bicubic LR frames, encoded as one clip and decoded again.

    One thread encodes, because two give other pictures. Even at ``crf=0`` the way to 4:2:0 and back costs some 35 dB.
    """

    encoder: str
    scale: int
    crf: int
    least: int = 2
    options: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.crf <= WORST_RATE_FACTOR:
            raise UsageError(f"crf={self.crf}: expected 0 (best) to {WORST_RATE_FACTOR}")

    def degrade(self, hr: Tensor) -> Tensor:
        """``(T, 3, H, W)`` to ``(T, 3, H / scale, W / scale)``, both in [0, 1]: what is then encoded."""
        return Bicubic(self.scale).degrade(hr)

    def recode(self, frames: Iterator[Bytes], fps: float) -> Iterator[Bytes]:
        """The frames of a clip, uint8 ``(h, w, 3)`` RGB, as they come out of the codec."""
        options = {"crf": str(self.crf), "preset": "medium", "threads": "1", **dict(self.options)}
        return recoded(frames, fps or USUAL_RATE, self.encoder, options, self.least)


def recoded(
    frames: Iterator[Bytes], fps: float, encoder: str, options: Mapping[str, str], least: int = 2
) -> Iterator[Bytes]:
    """Frames of one size as they come out of an encoder, in 4:2:0, and the decoder of what it makes.

    Sides are made even and no shorter than `least` by repeating the edge, and the result is cropped.
    """
    first = next(frames, None)
    if first is None:
        return
    height, width = first.shape[:2]
    with TemporaryDirectory(prefix="harness-") as folder:
        file = Path(folder) / "lr.mkv"
        given = (padded(frame, least) for frame in _again(first, frames))
        write_video(file, given, fps, codec=encoder, pixel_format="yuv420p", options=options)
        for frame in open_video(file).frames():
            yield frame[:height, :width]


def h264(*, scale: int, crf: int, severity: int = 0, library: str = "") -> VideoCodec:
    """H.264 as x264 encodes it. `library` only tells results apart."""
    return VideoCodec("libx264", scale, level_of("h264", "crf", crf, severity))


def h265(*, scale: int, crf: int, severity: int = 0, library: str = "") -> VideoCodec:
    """H.265 as x265 encodes it, which looks beyond its memory where a side is short: 64 does harm, 96 none."""
    options = (("x265-params", "pools=none:frame-threads=1:log-level=error"),)
    return VideoCodec("libx265", scale, level_of("h265", "crf", crf, severity), 128, options)


def jpeg(*, scale: int, quality: int, severity: int = 0, library: str = "") -> Jpeg:
    """JPEG of one quality."""
    return Jpeg(scale, level_of("jpeg", "quality", quality, severity))


@dataclass
class Jpeg:
    """Bicubic LR frames, each through JPEG with colours at half the resolution."""

    scale: int
    quality: int

    def __post_init__(self) -> None:
        if not 1 <= self.quality <= BEST_QUALITY:
            raise UsageError(f"quality={self.quality}: expected 1 to {BEST_QUALITY} (best)")

    def degrade(self, hr: Tensor) -> Tensor:
        """``(T, 3, H, W)`` to ``(T, 3, H / scale, W / scale)``, both in [0, 1]."""
        low = to_uint8(Bicubic(self.scale).degrade(hr))
        return to_tensor(np.stack([jpeg_of(frame, self.quality) for frame in low]), hr.device).to(torch.float32)


def jpeg_of(frame: Bytes, quality: int) -> Bytes:
    """A frame, uint8 ``(h, w, 3)`` RGB, through JPEG with colours at half the resolution."""
    held = BytesIO()
    Image.fromarray(frame).save(held, "JPEG", quality=quality, subsampling="4:2:0")
    return np.asarray(Image.open(held).convert("RGB"))


def _again(first: Bytes, rest: Iterator[Bytes]) -> Iterator[Bytes]:
    yield first
    yield from rest


def padded(frame: Bytes, least: int = 2) -> Bytes:
    """A frame, uint8 ``(h, w, 3)``, with even sides of `least` pixels or more: its edge is repeated below and right."""
    down, right = (max(side + side % 2, least) - side for side in frame.shape[:2])
    return np.pad(frame, ((0, down), (0, right), (0, 0)), mode="edge") if down or right else frame
