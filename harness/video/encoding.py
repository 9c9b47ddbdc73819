"""What a video can be written as: containers, codecs, and what quality means to each. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from harness.errors import UsageError


class Encoder(NamedTuple):
    """An encoder of libav and how it takes pixels."""

    library: str
    """Its name in libav."""
    pixels: str
    """Pixel format."""
    odd: str
    """Pixel format where a side is odd: players want halved chroma, which most encoders refuse there."""
    options: Mapping[str, str]
    tag: str | None = None
    """The codec's name in MP4 and MOV, where players refuse the one that libav would choose."""


class Codec(NamedTuple):
    """One of the codecs that may be asked for."""

    eight: Encoder
    ten: Encoder
    """For sources of more than 8 bits."""
    quality: int | None
    """The constant rate factor unless another is asked for; None if nothing is lost."""
    worst: int = 51
    """The largest constant rate factor."""

    def encoder(self, deep: bool) -> Encoder:
        """The one for sources of more than 8 bits, or the other."""
        return self.ten if deep else self.eight


LOSSLESS = "lossless"
"""The codec that loses nothing."""
X264 = {"preset": "medium"}
X265 = {"preset": "medium", "x265-params": "log-level=error"}
SVT = {"preset": "6"}
CODECS = {
    "h264": Codec(
        Encoder("libx264", "yuv420p", "yuv444p", X264),
        Encoder("libx264", "yuv420p10le", "yuv444p10le", X264),
        quality=12,
    ),
    "h265": Codec(
        Encoder("libx265", "yuv420p", "yuv444p", X265, "hvc1"),
        Encoder("libx265", "yuv420p10le", "yuv444p10le", X265, "hvc1"),
        quality=12,
    ),
    "av1": Codec(
        Encoder("libsvtav1", "yuv420p", "yuv420p", SVT),
        Encoder("libsvtav1", "yuv420p10le", "yuv420p10le", SVT),
        quality=18,
        worst=63,
    ),
    LOSSLESS: Codec(
        Encoder("libx264rgb", "rgb24", "rgb24", {**X264, "qp": "0"}),
        Encoder("libx265", "gbrp10le", "gbrp10le", {**X265, "x265-params": "log-level=error:lossless=1"}, "hvc1"),
        quality=None,
    ),
}


class Container(NamedTuple):
    """A kind of file."""

    format: str
    """Its name in libav."""
    codecs: tuple[str, ...]
    """What it can hold."""
    usual: str = "h264"
    usual_deep: str = "h265"


CONTAINERS = {
    ".mp4": Container("mp4", tuple(CODECS)),
    ".m4v": Container("mp4", tuple(CODECS)),
    ".mkv": Container("matroska", tuple(CODECS)),
    ".mov": Container("mov", ("h264", "h265", "lossless")),
    ".ts": Container("mpegts", ("h264", "h265", "lossless")),
    ".webm": Container("webm", ("av1",), "av1", "av1"),
}
"""By suffix; each keeps the time stamps of every frame."""


@dataclass(frozen=True)
class Encoding:
    """How a file is to be written, as the user asks for it; None for what is usual in its container."""

    codec: str | None = None
    quality: int | None = None

    def check(self, path: Path) -> None:
        """Raise `UsageError` if a file of this name cannot be written so, or no encoder for it is installed."""
        container = container_of(path)
        if self.codec is not None and self.codec not in CODECS:
            raise UsageError(f"--codec {self.codec}: unknown; there are {', '.join(CODECS)}")
        if self.codec is not None and self.codec not in container.codecs:
            fitting = ", ".join(suffix for suffix, other in CONTAINERS.items() if self.codec in other.codecs)
            raise UsageError(f"{path}: {path.suffix} cannot hold {self.codec}; give a name that ends in {fitting}")
        self._check_quality(self.codec or container.usual)

    def _check_quality(self, name: str) -> None:
        codec = CODECS[name]
        if self.quality is not None and codec.quality is None:
            raise UsageError(f"--codec {name} loses nothing, so it has no --quality; leave one of them out")
        if self.quality is not None and not 0 <= self.quality <= codec.worst:
            raise UsageError(f"--quality {self.quality}: for {name} it goes from 0, the best, to {codec.worst}")

    def encoder(self, path: Path, deep: bool) -> tuple[Encoder, dict[str, str]]:
        """The encoder for a file of this name with its options, for a source of more than 8 bits or not.

        Raises `UsageError` as `check` does, and if the encoder is not installed.
        """
        self.check(path)
        container = container_of(path)
        name = self.codec or (container.usual_deep if deep else container.usual)
        encoder = CODECS[name].encoder(deep)
        if not installed(encoder):
            others = [other for other in container.codecs if installed(CODECS[other].encoder(deep))]
            raise UsageError(f"this build of PyAV has no encoder {encoder.library}; try --codec {' or '.join(others)}")
        quality = CODECS[name].quality if self.quality is None else self.quality
        return encoder, {**encoder.options, **({} if quality is None else {"crf": str(quality)})}


def container_of(path: Path) -> Container:
    """The kind of file that a name asks for. Raises `UsageError` for others than `CONTAINERS`."""
    suffix = path.suffix.lower()
    if suffix not in CONTAINERS:
        problem = f"cannot write {suffix} files" if suffix else "its name has no suffix"
        raise UsageError(f"{path}: {problem}; give a name that ends in {', '.join(CONTAINERS)}")
    return CONTAINERS[suffix]


def installed(encoder: Encoder) -> bool:
    """Whether libav has this encoder."""
    import av

    try:
        av.Codec(encoder.library, "w")
    except av.codec.codec.UnknownCodecError:
        return False
    return True
