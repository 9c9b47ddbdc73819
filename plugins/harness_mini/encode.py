"""Writing and reading the clips: near lossless H.264, the same for both splits."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from harness.errors import ClipError
from harness.files import replacing
from harness.video.container import local, open_container
from harness_mini.texture import Picture

FPS = 25
# full colour resolution: halving it would blur a rod of one pixel
PIXELS = "yuv444p"
# Clips decode to within codec noise (42 to 45 dB) of the rendered frames, which are the same every time. The files are
# not identical bit for bit: x264 plans its B-frames differently from call to call, even in one thread.
OPTIONS = {"crf": "9", "preset": "medium", "tune": "psnr", "threads": "1"}


def write(path: Path, frames: Picture) -> None:
    """Write frames `(T, H, W, 3)` of 8-bit RGB as H.264 at 25 a second; `path` appears only when it is complete."""
    with replacing(path) as partial, av.open(local(partial), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FPS, options=OPTIONS)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = PIXELS
        stream.time_base = Fraction(1, FPS)
        for picture in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
        container.mux(stream.encode())


def read(path: Path) -> Picture:
    """All frames of a clip as 8-bit RGB `(T, H, W, 3)`. Raises `ClipError` if it cannot be decoded."""
    with open_container(path) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def is_whole(path: Path) -> bool:
    """Whether `path` is a clip that decodes from start to end."""
    try:
        return path.is_file() and len(read(path)) > 0
    except (ClipError, ValueError):
        return False
