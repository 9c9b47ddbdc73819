"""The second view of a clip, for methods that look at two."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from harness.contracts import Clip, SRMethod, StereoMethod
from harness.errors import ClipError
from harness.video.frames import Video


def second_view(clip: Clip, methods: Iterable[SRMethod], open_clip: Callable[[Clip], Video]) -> Video | None:
    """A clip's second view, opened, if it has one and some of the methods look at it. Raises `ClipError`."""
    looked_at = any(isinstance(method, StereoMethod) for method in methods)
    return open_clip(clip.second_view) if looked_at and clip.second_view is not None else None


def require_alike(clip: Clip, video: Video, second: Video) -> None:
    """Raise `ClipError` for a second view of another length or size."""
    found, wanted = ((each.num_frames, *each.size) for each in (second, video))
    if found != wanted:
        frames, height, width = found
        raise ClipError(
            f"clip {clip.id!r}: its second view has {frames} frames of {width}x{height}, and the clip has "
            f"{wanted[0]} of {wanted[2]}x{wanted[1]}; both must be alike"
        )
