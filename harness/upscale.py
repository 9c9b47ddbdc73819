"""One video through one SR method, as a stream: memory depends on the frame size, not on the length."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar, cast

import numpy as np
import torch
from torch import Tensor

from harness.contracts import Progress, SRMethod
from harness.errors import ClipError, ContractError, UsageError, WeightsMissingError
from harness.planning.cells import Part
from harness.planning.computing import Computing
from harness.planning.in_time import refuse_unfit
from harness.planning.steps import computed, factorings, restoring_part
from harness.planning.views import refuse_one_view
from harness.registry import Registry
from harness.running.build import build_method
from harness.running.frame_store import remark_of, temporal_radius, widest
from harness.specs import SRMethodSpec
from harness.syntax import parse_method
from harness.video.beside import beside, size_beside
from harness.video.copying import SourceFrame, open_source
from harness.video.encoding import Encoding
from harness.video.frames import Bytes, Video, open_video, to_tensor, to_uint8
from harness.video.pixels import Pixels
from harness.video.writing import Writer, open_target

T = TypeVar("T")
AS_USUAL = Encoding()
WHITE = 65535
"""In frames of 16 bits."""
MARGIN = 8
"""Frames before and after the wanted ones for a method that looks at the whole clip, because a long video does not fit
into memory: the result then differs a little from that of the whole video."""
CHUNK_PIXELS = 1 << 25
"""Restored pixels asked for at once: 27 frames of 1280x960, or 400 MB."""


def method_for(text: str, registry: Registry, *, scale: int, tag: str | None = None) -> Part[SRMethodSpec]:
    """The SR method ``NAME:option=value``, or steps ``NAME|NAME``, with weights of that tag, or the first installed.

    Raises `UnknownNameError`, `UsageError` for an unsupported scale or a method of two views, and `WeightsMissingError`
    with how to get them.
    """
    part = restoring_part(parse_method(text), registry, scale, tag)
    if part.spec.source == "hr":
        raise UsageError(f"{part.label!r} returns the high-resolution frames it is given, and here there are none")
    refuse_unfit(part, registry, "a video", dropped=False)
    refuse_one_view(part, "a video has one")
    if not factorings([step.spec for step in part.steps], scale):
        raise UsageError(f"{part.label!r} {part.missing}")
    if part.missing:
        raise WeightsMissingError(part.missing)
    return part


def load_method(
    part: Part[SRMethodSpec], *, scale: int, device: torch.device, tile: int | None = None, compiled: bool = False
) -> SRMethod:
    """Build an SR method; a network may use tiles or be compiled."""
    return build_method(computed(part, Computing(tile=tile, compiled=compiled), device.type), scale, device)


def upscale_video(
    source: Path,
    target: Path,
    method: SRMethod,
    *,
    scale: int,
    device: torch.device,
    encoding: Encoding = AS_USUAL,
    progress: Progress | None = None,
    note: Callable[[str], None] = lambda text: None,
) -> int:
    """Restore every frame of a video file and write them, with the sound, to another; returns the number of frames.

    Each frame keeps its time stamp, so a variable rate stays variable, and parts of joined transport streams follow
    each other; the sound is copied unchanged. The method sees each wanted frame with the neighbours it looks at (its
    `temporal_radius`), or with `MARGIN` frames on both sides if it looks at the whole clip; a short one is seen whole.
    Sources of more than 8 bits are restored from all of them and written at 10. The target appears only when it is
    complete. `progress` is called with frames done and an estimate of all, `note` with what could not be copied.
    Raises `UsageError` before the first frame is restored if the source is no video or the target cannot be written so,
    `ClipError` for a source that is damaged further on, `ContractError` for a wrong result of the method, and
    `HarnessError` for a target that cannot be written.
    """
    return _write_restored(
        source, target, {"": method}, lambda images: images[""], lambda height, width: (height, width),
        scale=scale, device=device, encoding=encoding, progress=progress, note=note,
    )  # fmt: skip


def compare_videos(
    source: Path,
    target: Path,
    methods: Mapping[str, SRMethod],
    *,
    scale: int,
    device: torch.device,
    encoding: Encoding = AS_USUAL,
    progress: Progress | None = None,
    note: Callable[[str], None] = lambda text: None,
) -> int:
    """Restore a video with several methods and write them side by side, each with its name above.

    Everything else is as in `upscale_video`.
    """
    return _write_restored(
        source, target, methods, beside, lambda height, width: size_beside(height, width, len(methods)),
        scale=scale, device=device, encoding=encoding, progress=progress, note=note,
    )  # fmt: skip


def _write_restored(
    source: Path,
    target: Path,
    methods: Mapping[str, SRMethod],
    joined: Callable[[Mapping[str, Pixels]], Pixels],
    size_of: Callable[[int, int], tuple[int, int]],
    *,
    scale: int,
    device: torch.device,
    encoding: Encoding,
    progress: Progress | None,
    note: Callable[[str], None],
) -> int:
    encoding.check(target)
    checked = readable(source)
    chunk = max(1, CHUNK_PIXELS // (checked.size[0] * checked.size[1] * scale * scale * len(methods)))
    radius = widest(temporal_radius(method) for method in methods.values())
    done = 0
    with open_source(source) as given, open_target(target) as output:
        height, width = (scale * side for side in given.size)
        writer = Writer(output, target, given, size_of(height, width), encoding)
        if given.left_out:
            note(f"{source}: {given.left_out} stream(s) of sound are of an unknown kind and left out")
        for window, first, stop in windows(given.frames(), chunk, MARGIN if radius is None else radius):
            images = {
                name: restore(method, window, range(first, stop), scale, device) for name, method in methods.items()
            }
            writer.write(joined(images), window[first:stop])
            done += stop - first
            if progress is not None:
                progress(done, max(done, checked.likely_frames))
        if done < checked.announced:
            raise ClipError(f"{source}: truncated: {checked.announced} frames announced, {done} decoded")
        writer.close()
    for remark in filter(None, map(remark_of, methods.values())):
        note(f"{source}: {remark}")
    return done


def readable(source: Path) -> Video:
    """The video in a file that the user names. Raises `UsageError` if there is none."""
    if source.is_dir():
        raise UsageError(f"{source} is a folder; give one video file")
    try:
        return open_video(source)
    except ClipError as error:
        raise UsageError(str(error)) from error


def windows(items: Iterable[T], chunk: int, margin: int) -> Iterator[tuple[list[T], int, int]]:
    """Cut a stream into overlapping windows: ``(window, first, stop)``, of which `first` to `stop` are wanted.

    Every item is wanted once, in order, at most `chunk` at a time, with at least `margin` items of context on each
    side, as far as they exist.
    """
    held: list[T] = []
    first = 0
    for item in items:
        held.append(item)
        if len(held) == first + chunk + margin:
            yield held, first, first + chunk
            dropped = max(0, first + chunk - margin)
            held, first = held[dropped:], first + chunk - dropped
    while first < len(held):
        stop = min(len(held), first + chunk)
        yield held, first, stop
        first = stop


def restore(
    method: SRMethod, window: Sequence[SourceFrame], wanted: Sequence[int], scale: int, device: torch.device
) -> Pixels:
    """The wanted frames of a window, restored, ``(N, H, W, 3)`` in the depth of the window. Raises `ContractError`."""
    given = np.stack([frame.image for frame in window])
    deep = given.dtype != np.uint8
    lr = deep_to_tensor(given, device) if deep else to_tensor(cast(Bytes, given), device)
    with torch.inference_mode():
        restored: Tensor = method.upscale(lr, list(wanted))
    expected = (len(wanted), 3, lr.shape[-2] * scale, lr.shape[-1] * scale)
    if tuple(restored.shape) != expected or not bool(torch.isfinite(restored).all()):
        raise ContractError(f"upscale returned shape {tuple(restored.shape)}; expected finite numbers of {expected}")
    return to_uint16(restored.float()) if deep else to_uint8(restored.float())


def deep_to_tensor(frames: Pixels, device: torch.device) -> Tensor:
    """uint16 ``(T, H, W, 3)`` to float32 ``(T, 3, H, W)`` in [0, 1] on `device`."""
    levels = torch.from_numpy(frames.astype(np.float32)).to(device)
    return levels.permute(0, 3, 1, 2).contiguous().div_(WHITE)


def to_uint16(frames: Tensor) -> Pixels:
    """``(T, 3, H, W)`` in [0, 1] to uint16 ``(T, H, W, 3)``; clamped, then rounded half to even."""
    levels = frames.clamp(0, 1).mul(WHITE).round_().permute(0, 2, 3, 1)
    return cast(Pixels, levels.contiguous().cpu().numpy().astype(np.uint16))
