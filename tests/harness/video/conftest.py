"""Small videos in many containers, made with PyAV."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
RATE = 25


def moving(count: int, height: int = 48, width: int = 64, seed: int = 0) -> Bytes:
    """A smooth texture that drifts by two pixels a frame, uint8 (T, H, W, 3); no two frames or sides are alike."""
    rng = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(rng.random((height, width + 2 * count, 3)).astype(np.float32), (0, 0), 2)
    noise = (noise - noise.min()) / (noise.max() - noise.min())
    return np.stack([np.rint(255 * noise[:, 2 * t : 2 * t + width]).astype(np.uint8) for t in range(count)])


def encode(
    path: Path,
    frames: Bytes,
    codec: str = "libx264",
    options: Mapping[str, str] | None = None,
    *,
    pixels: str = "yuv420p",
    matrix: Sequence[int] | None = None,
    tags: Mapping[str, str] | None = None,
    encoding: str = "utf-8",
    muxing: Mapping[str, str] | None = None,
) -> Path:
    """Write frames with any encoder; `matrix` is a display matrix of nine numbers, `muxing` goes to the muxer."""
    with av.open(str(path), "w", container_options=dict(muxing or {}), metadata_encoding=encoding) as container:
        container.metadata.update(tags or {})
        stream = container.add_stream(codec, rate=RATE, options=dict(options or {}))
        stream.height, stream.width, stream.pix_fmt = *frames.shape[1:3], pixels
        stream.set_display_matrix(matrix)
        for image in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image).reformat(format=pixels)))
        container.mux(stream.encode())
    return path


@pytest.fixture(name="moving")
def _moving() -> Callable[..., Bytes]:
    """`moving`, for tests of this folder."""
    return moving


@pytest.fixture(name="encode")
def _encode(tmp_path: Path) -> Callable[..., Path]:
    """`encode`, called with a name in the test's folder instead of a path."""
    return lambda name, *args, **options: encode(tmp_path / name, *args, **options)
