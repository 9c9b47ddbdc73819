"""Writing and reading the clips: H.264 as cameras write it, some of them better than others."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from harness.errors import ClipError
from harness.files import replacing
from harness.video.container import local, open_container
from harness.video.encoder import open_encoder
from harness_mini.texture import Picture

FPS = 25
PIXELS = "yuv420p"
OPTIONS = {"preset": "medium", "threads": "1"}


def write(path: Path, frames: Picture, crf: int) -> None:
    """Write frames `(T, H, W, 3)` of 8-bit RGB as H.264 at 25 a second; `path` appears only when it is complete.

    crf: x264's constant rate factor; the higher, the coarser.
    """
    with replacing(path) as partial, av.open(local(partial), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FPS, options={**OPTIONS, "crf": str(crf)})
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = PIXELS
        stream.time_base = Fraction(1, FPS)
        open_encoder(stream.codec_context)
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
