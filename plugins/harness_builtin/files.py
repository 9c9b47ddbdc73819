"""Frames that another program restored, found by their clip, so that it is scored like any method."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from harness.contracts import Clip
from harness.datasets.digests import split_digest
from harness.datasets.listing import PICTURES, children, frames_in, is_video
from harness.errors import ClipError, UsageError
from harness.video.frames import Bytes, Video, open_video, to_tensor
from harness.video.pictures import open_pictures


class Files:
    """Looks up clips in the folder `root`: pictures in ``root/CLIP_ID/``, in natural order, or ``root/CLIP_ID.mp4``.

    A clip has all of its frames there, in the size in which any method restores them. `tool` says what made them, with
    its version, and is part of what a result is of, as the content of the folder is. Raises `UsageError` if there is no
    such folder.
    """

    temporal_radius = 0

    def __init__(
        self, *, scale: int, device: torch.device, weights: Path | None = None, root: str | None = None, tool: str = ""
    ) -> None:
        self.root = _folder(root)
        self.device = device

    def upscale(self, lr: Tensor, frames: Sequence[int]) -> Tensor:
        """Raises `UsageError`: what another program restored is found by its clip, and frames alone name none."""
        raise UsageError(f"the frames in {self.root} were restored elsewhere; `harness run` scores them, nothing else")

    def find_restored(self, clip: Clip, frames: Sequence[int], *, num_frames: int, size: tuple[int, int]) -> Tensor:
        """The wanted frames of a clip, ``(len(frames), 3, *size)`` in [0, 1].

        Raises `ClipError` that says what was expected if the clip is not there, cannot be read, or has another number
        or size of frames.
        """
        found = self._find(clip, f"{num_frames} frames of {size[1]}x{size[0]}")
        levels = self._read(found, clip, frames, num_frames)
        if levels.shape[1:3] != size:
            shown = f"{levels.shape[2]}x{levels.shape[1]}"
            raise ClipError(f"clip {clip.id!r}: {found} has frames of {shown}; expected {size[1]}x{size[0]}")
        return to_tensor(levels, self.device)

    def _find(self, clip: Clip, expected: str) -> Path:
        place = self.root / clip.id
        beside = children(place.parent) if place.parent.is_dir() else []
        found = [path for path in beside if path.name == place.name or (is_video(path) and path.stem == place.name)]
        if not found:
            raise ClipError(f"clip {clip.id!r}: neither {place}/ nor {place}.mp4 is there; expected {expected}")
        if len(found) > 1:
            names = " and ".join(path.name for path in found)
            raise ClipError(f"clip {clip.id!r}: {names} in {place.parent} are both for it; remove all but one")
        return found[0]

    def _read(self, path: Path, clip: Clip, frames: Sequence[int], num_frames: int) -> Bytes:
        """The wanted frames, uint8 ``(N, H, W, 3)``; of pictures no others are read."""
        name = f"clip {clip.id!r} ({path})"
        if not path.is_dir():
            video = open_video(path, clip.id)
            _require_frames(name, video.num_frames, num_frames)
            return video.pick(frames)
        pictures = frames_in(path)
        _require_frames(name, len(pictures), num_frames)
        wanted: Video = open_pictures([pictures[frame] for frame in frames], name)
        return wanted.read()


def digest(root: str) -> str:
    """sha256 over the names and bytes of all pictures and videos in a folder.

    Raises `UsageError` if there is none, or one cannot be read.
    """
    folder = _folder(root)
    try:
        found = {path.relative_to(folder).as_posix(): path for path in _media(folder)}
        if not found:
            raise UsageError(
                f"{folder} has neither pictures nor videos; it should hold CLIP_ID/ or CLIP_ID.mp4 for each clip"
            )
        return split_digest([Clip(name, path, 0, "") for name, path in found.items()])
    except OSError as error:
        raise UsageError(f"{folder} cannot be read: {error}") from error


def _media(folder: Path) -> Iterator[Path]:
    for path in children(folder):
        if path.is_dir():
            yield from _media(path)
        elif is_video(path) or path.suffix.lower() in PICTURES:
            yield path


def _folder(root: str | None) -> Path:
    if root is None:
        raise UsageError("no folder of restored frames; give root=DIR")
    folder = Path(root).expanduser()
    if not folder.is_dir():
        raise UsageError(
            f"root={root}: no such folder; it should hold CLIP_ID/ with pictures, or CLIP_ID.mp4, for each clip"
        )
    return folder


def _require_frames(name: str, found: int, expected: int) -> None:
    if found != expected:
        raise ClipError(f"{name}: {found} frames; expected {expected}, as many as the clip has")
