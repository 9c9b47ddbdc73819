"""Pictures as frames: one reader, so that scoring and training see the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from harness.errors import ClipError, one_line
from harness.video.frames import Bytes, Video

FORMATS = ("PNG", "JPEG", "BMP", "DIB", "TIFF", "WEBP", "PPM", "JPEG2000", "GIF")
"""What a file may hold, whatever its name; formats that start other programs are not among them."""
FIRST_COUNTS = "MPO"
"""What phones write: a photograph with others behind it, such as a preview."""
SIXTEEN_BITS = ("I;16", "I;16L", "I;16B", "I;16N")
MOST = 2**16 - 1


@dataclass(frozen=True)
class PictureVideo(Video):
    """A video kept as one picture per frame, opened by `open_pictures`."""

    pictures: tuple[Path, ...] = ()

    @cached_property
    def num_frames(self) -> int:
        return len(self.pictures)

    def frames(self) -> Iterator[Bytes]:
        """All frames, uint8 ``(H, W, 3)`` RGB. Raises `ClipError` for a picture that is damaged or of another size."""
        for file in self.pictures:
            frame = read_picture(file, self.name)
            if frame.shape[:2] != self.size:
                found, size = (f"{width}x{height}" for height, width in (frame.shape[:2], self.size))
                raise ClipError(
                    f"{self.name}: {file.name}: a frame of {found} in a video of {size}; the frames of a folder must "
                    "have the same size"
                )
            yield frame


def open_pictures(pictures: Sequence[Path], name: str, fps: float = 0.0) -> PictureVideo:
    """Pictures of one folder, which are the frames of a clip in this order; `name` is the clip's in errors.

    Raises `ClipError` if there is none or the first cannot be read.
    """
    if not pictures:
        raise ClipError(f"{name}: it has no picture; check the data folder (--data)")
    height, width = read_picture(pictures[0], name).shape[:2]
    folder = pictures[0].parent
    return PictureVideo(folder, name, (height, width), fps, len(pictures), exact=True, pictures=tuple(pictures))


def read_picture(file: Path, name: str) -> Bytes:
    """A picture as uint8 ``(H, W, 3)`` RGB, upright as its EXIF orientation says.

    Of 16 bits the upper 8 count, grey is repeated, palettes are looked up, CMYK is converted without a profile. Alpha
    is dropped, which leaves the colours as stored: a frame has nothing behind it on which it could be put.
    `name` is the clip's. Raises `ClipError` for a file that is missing, damaged or cut short, or that holds several
    pictures or floating-point numbers.
    """
    with _opened(file, name) as picture:
        several = getattr(picture, "n_frames", 1)
        if several > 1 and picture.format != FIRST_COUNTS:
            raise ClipError(f"{name}: {file.name} holds {several} pictures, but a frame is one; save each as a file")
        picture.load()
        return np.array(_with_8_bits(_upright(picture), f"{name}: {file.name}").convert("RGB"))


def _upright(picture: Image.Image) -> Image.Image:
    with suppress(Exception):  # meta data that are damaged say nothing, and the picture is there all the same
        return ImageOps.exif_transpose(picture)
    return picture


def _with_8_bits(picture: Image.Image, where: str) -> Image.Image:
    if picture.mode not in (*SIXTEEN_BITS, "I", "F"):
        return picture
    levels = np.asarray(picture)
    if picture.mode == "F" or levels.min() < 0 or levels.max() > MOST:
        raise ClipError(f"{where} holds numbers of which none is known to be white; save it with 8 or 16 bits")
    return Image.fromarray((levels >> 8).astype(np.uint8))


@contextmanager
def _opened(file: Path, name: str) -> Iterator[Image.Image]:
    try:
        # as a stream: files that Pillow maps into memory by name (grey TIFF) come out wrong if they are to be turned
        with file.open("rb") as stream, Image.open(stream, formats=FORMATS) as picture:
            yield picture
    except ClipError:
        raise
    except Exception as error:  # decoders raise whatever damaged bytes lead them to
        reason = "" if isinstance(error, FileNotFoundError | UnidentifiedImageError) else f" ({one_line(error)})"
        raise ClipError(f"{name}: {file.name} is missing or not a readable picture{reason}; restore it") from error
