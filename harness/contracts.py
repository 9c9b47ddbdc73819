"""What plugins implement. Shapes and units are binding (see each docstring); everything is checked by `harness.checks`.

Frames are RGB float32 in [0, 1], ``(T, 3, H, W)``. Flow is in pixels, ``(N, 2, H, W)``, channel 0 to the right (u),
channel 1 down (v), with the backward-warp convention ``first(p) ~ second(p + flow(p))``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

    from harness.video.frames import Bytes, Video

Pair = tuple[int, int]


@dataclass(frozen=True)
class Clip:
    """One labelled video.

    `label` is an index into the data set's classes, from 0; clips of one `group` were cut from one source and are
    not independent. `path` is a file, or the folder of a clip that is kept as one image per frame. `second_view` are
    the same moments from a second camera to the right, opened as any clip, of the same length and size.
    """

    id: str
    path: Path
    label: int
    group: str
    second_view: Clip | None = None


@dataclass(frozen=True)
class Wants:
    """The frames and frame pairs that a probe looks at in one clip, in the order it wants them.

    A pair ``(i, j)`` asks for the flow from frame i to frame j. Repetitions are allowed.
    """

    frames: tuple[int, ...] = ()
    pairs: tuple[Pair, ...] = ()

    def all_frames(self) -> set[int]:
        """Every frame that must be restored for these wants."""
        return set(self.frames).union(*self.pairs) if self.pairs else set(self.frames)


@dataclass(frozen=True)
class Measurement:
    """What a probe found in one clip: finite `numbers` (None if undefined) and `arrays` such as class scores."""

    numbers: Mapping[str, float | int | None] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


class SRMethod(Protocol):
    """Low-resolution frames to restored frames."""

    def upscale(self, lr: Tensor, frames: Sequence[int]) -> Tensor:
        """Restore the wanted frames of a clip.

        `lr` is the clip ``(T, 3, h, w)`` in [0, 1], `frames` the wanted indices, ascending. Returns
        ``(len(frames), 3, h * scale, w * scale)`` on the same device; values outside [0, 1] are clamped by the caller.
        The method takes care of its own temporal window, padding and colour space. A method that is a network keeps
        it in the attribute `network`, whose parameters are counted.

        A method that looks at no more than r frames on either side of a wanted one declares it by the attribute
        `temporal_radius` = r (0: single frames only). It is then given a clip without the frames that are further
        than that from every wanted one, so long clips fit into memory. Without the attribute, or if it is None, the
        method is given the whole clip.

        The attribute `remark`, where it is a text, says what results depend on since then that no option says, such as
        tiles after memory ran out. It is noted in the method's cells and under the table.
        """
        ...


class Interpolator(SRMethod, Protocol):
    """A method that makes frames between as well, whose declaration says ``interpolates=True``."""

    def upscale(self, lr: Tensor, frames: Sequence[float]) -> Tensor:
        """Make the frames of the wanted times, which are ascending and in LR frames.

        Time 2.0 is that of frame 2 of `lr`, 2.5 half-way to frame 3; none is before the first or after the last frame.
        Everything else is as in `SRMethod`, but that `temporal_radius` r is 1 if it looks at the two frames around a
        time alone, which are one where the time is a frame's own, and more by one for every further neighbour.
        """
        ...


@runtime_checkable
class StereoMethod(SRMethod, Protocol):
    """An SR method that looks at both views of a clip; its declaration says ``views=2``.

    It is asked here instead of in `upscale`. Everything else looks at the left view alone.
    """

    def upscale_left(self, left: Tensor, right: Tensor, frames: Sequence[int]) -> Tensor:
        """Restore the wanted frames of the left view: all else as `upscale`, both views ``(T, 3, h, w)``."""
        ...


@runtime_checkable
class RestoredElsewhere(Protocol):
    """Optional for an SR method that restores nothing itself: it finds, by their clip, what another program made.

    It is asked for them here instead of in `upscale`, and neither timed nor counted.
    """

    def find_restored(self, clip: Clip, frames: Sequence[int], *, num_frames: int, size: tuple[int, int]) -> Tensor:
        """The wanted frames of a clip that has `num_frames`, ``(len(frames), 3, *size)`` in [0, 1], on its device.

        `size` is the height and width in which they are compared: that of the HR frames where there are any. Raises
        `ClipError` that says what was expected for a clip that is not there, or has other frames.
        """
        ...


class FlowEstimator(Protocol):
    """Dense optical flow."""

    def flow(self, first: Tensor, second: Tensor) -> Tensor:
        """Flow of each pair: two ``(N, 3, H, W)`` in [0, 1] to ``(N, 2, H, W)`` in pixels, on the device of `first`."""
        ...


class Degradation(Protocol):
    """High-resolution to low-resolution frames."""

    scale: int

    def degrade(self, hr: Tensor) -> Tensor:
        """``(T, 3, H, W)`` to ``(T, 3, H / scale, W / scale)``, both in [0, 1]; H and W are multiples of `scale`."""
        ...


@runtime_checkable
class ClipDegradation(Degradation, Protocol):
    """A degradation that also needs the LR frames of a whole clip one after the other, as video codecs do."""

    def recode(self, frames: Iterator[Bytes], fps: float) -> Iterator[Bytes]:
        """LR frames of a clip, made by `degrade`, as uint8 ``(h, w, 3)`` RGB, to as many frames of the same size."""
        ...


@runtime_checkable
class SlowDegradation(ClipDegradation, Protocol):
    """A degradation in time, whose `recode` returns fewer frames; its declaration says ``drops_frames=True``."""

    def times(self, num_frames: int) -> Sequence[float]:
        """When each LR frame of a clip of `num_frames` HR frames was taken, ascending, a frame or more apart.

        2.5 is half-way between HR frames 2 and 3; the time of a longer exposure is its middle.
        """
        ...


@runtime_checkable
class DrawnDegradation(Degradation, Protocol):
    """A degradation that draws at random what it does to a clip, and needs its HR frames one after the other.

    A run asks for `degrade_clip` alone; `degrade` is what becomes of frames that nothing is drawn for.
    """

    def degrade_clip(self, frames: Iterator[Bytes], clip_id: str) -> Iterator[Bytes]:
        """HR frames of a clip, uint8 ``(H, W, 3)`` RGB with sides that are multiples of `scale`, to as many LR frames
        ``(H / scale, W / scale, 3)``.

        The same frames under the same id give the same bytes, whatever was degraded before or is degraded meanwhile.
        """
        ...


WHOLE_CLIPS = (ClipDegradation, DrawnDegradation)
"""Degradations that see every frame of a clip, in order."""


class StreamRecognizer(Protocol):
    """One stream of a recogniser: `spatial` looks at frames, `temporal` at flow, and `joint` at both."""

    def wants(self, num_frames: int) -> Wants:
        """The frames and pairs its test protocol samples from a clip of `num_frames` >= 1 frames."""
        ...

    def scores(self, frames: Tensor, flow: Tensor) -> Tensor:
        """Raw class scores, before softmax, averaged over views: ``(num_classes,)``.

        `frames` ``(len(wants.frames), 3, H, W)`` in [0, 1] and `flow` ``(len(wants.pairs), 2, H, W)`` in pixels, both
        in the order of `wants`, and empty if nothing was wanted.
        """
        ...


@runtime_checkable
class JudgingStream(Protocol):
    """Optional for a spatial stream: SR methods may be trained for what its network makes of single frames."""

    @property
    def network(self) -> nn.Module:
        """In evaluation mode, and without gradients for its parameters; a training may change both."""
        ...

    @property
    def input_size(self) -> int:
        """Side S of the squares that it looks at, in pixels."""
        ...

    def features(self, frames: Tensor) -> Tensor:
        """Output of the last stage ``(N, C, h, w)`` for frames ``(N, 3, S, S)`` in [0, 1]; gradients flow back."""
        ...

    def classify(self, features: Tensor) -> Tensor:
        """Scores before softmax ``(N, num_classes)`` of such features; gradients flow back."""
        ...


class JointRecognizer(StreamRecognizer, Protocol):
    """A `joint` stream with one classifier for frames and one for motion; `scores` returns their mean."""

    def stream_scores(self, frames: Tensor, flow: Tensor) -> Tensor:
        """Raw class scores of both classifiers, spatial and temporal: ``(2, num_classes)``; arguments as `scores`."""
        ...


@dataclass(frozen=True)
class Cost:
    """What restoring the frames of a clip takes on any machine."""

    multiply_adds: float
    """For each restored frame."""
    peak_bytes: int
    """Of the tensors that were made and alive at once, weights not among them."""


class Sample(Protocol):
    """One clip as restored by one method, as a probe sees it. Indices are frame numbers of the clip."""

    @property
    def clip(self) -> Clip: ...

    @property
    def num_frames(self) -> int: ...

    @property
    def restore_seconds(self) -> float | None:
        """Seconds that the method took for this clip; None if it was restored elsewhere."""
        ...

    @property
    def restored_frames(self) -> int:
        """Number of frames that the method was asked for."""
        ...

    @property
    def cost(self) -> Cost | None:
        """What restoring costs whatever the machine; None but for the first clip of a run, as it is counted there."""
        ...

    def sr(self, frames: Sequence[int]) -> Tensor:
        """Restored frames ``(len(frames), 3, H, W)`` in [0, 1], rounded to 8 bits."""
        ...

    def hr(self, frames: Sequence[int]) -> Tensor:
        """High-resolution frames ``(len(frames), 3, H, W)`` in [0, 1]."""
        ...

    def made(self, frames: Sequence[int]) -> Sequence[bool]:
        """Whether each of these frames has no LR frame of its time, because the degradation dropped it."""
        ...

    def sr_flow(self, pairs: Sequence[Pair]) -> Tensor:
        """Flow between restored frames, ``(len(pairs), 2, H, W)`` in pixels."""
        ...

    def hr_flow(self, pairs: Sequence[Pair]) -> Tensor:
        """Flow between high-resolution frames, ``(len(pairs), 2, H, W)`` in pixels."""
        ...


class Probe(Protocol):
    """Looks at restored frames or flow and yields numbers for one clip."""

    def wants(self, num_frames: int) -> Wants:
        """The restored frames and pairs that it needs from a clip of `num_frames` frames."""
        ...

    def measure(self, sample: Sample) -> Measurement:
        """The numbers of one clip. It asks `sample` only for what `wants` names."""
        ...


@runtime_checkable
class PortionedProbe(Probe, Protocol):
    """Optional for a probe whose numbers are made of values of single frames or pairs: it sees a long clip in portions.

    Of a probe without these methods all wanted frames are kept until the clip has been restored to its end, and
    `measure` is called once. Of this one every frame is let go as soon as it has been seen.
    """

    def units(self, num_frames: int) -> Sequence[Wants]:
        """What it can look at by itself, in the order of the clip; of the same frames and pairs as `wants`."""
        ...

    def see(self, sample: Sample, units: Sequence[Wants]) -> Tensor:
        """Rows of values of some consecutive units, possibly none, on the CPU: ``(N, ...)``.

        Of `sample` only what these units name can be asked for.
        """
        ...

    def summary(self, values: Tensor) -> Measurement:
        """The numbers of a clip from the rows of all its units."""
        ...


class Dataset(Protocol):
    """Labelled clips with splits."""

    @property
    def classes(self) -> Sequence[str]:
        """Class names by label."""
        ...

    @property
    def splits(self) -> Sequence[str]:
        """Names that `clips` accepts."""
        ...

    def clips(self, split: str) -> Sequence[Clip]:
        """The clips of a split, in a fixed order. Raises `AnnotationError` if the annotation breaks its rules."""
        ...

    def open(self, clip: Clip) -> Video:
        """Decode a clip. Raises `ClipError` if it is missing, empty or truncated."""
        ...


@runtime_checkable
class Listing(Protocol):
    """Optional for a data set, so that ``harness datasets verify`` can name every missing clip."""

    def entries(self, split: str) -> Sequence[Clip]:
        """The clips of a split as annotated, whether or not their files exist. Raises `AnnotationError`."""
        ...


@runtime_checkable
class Inventory(Protocol):
    """Optional for a data set, so that ``harness datasets verify`` can name what it passes over."""

    def passed_over(self) -> Sequence[str]:
        """What is in its folder and belongs to no clip and no annotation, as paths relative to the folder."""
        ...


@dataclass(frozen=True)
class TrainingRequest:
    """What ``harness train`` was asked for; None leaves the choice to benchmark and recipe."""

    name: str
    """The SR method or recogniser."""
    benchmark: str | None
    """Name or file of the benchmark whose training split, scale factor and degradation are used."""
    out: Path
    """Folder for everything that the training writes; it exists."""
    iters: int | None = None
    resume: bool = False
    device: str = "auto"
    data: Path | None = None
    """Folder of the benchmark's data set; without a benchmark, a folder of videos to train an SR method on."""
    scale: int | None = None
    arch: str | None = None
    recipe: str | None = None
    """A file that ends in ``.yaml``, or a name under ``training/``."""
    dry_run: bool = False
    """Print what would be done, and do nothing."""
    init: str | None = None
    """Weights that an SR method's training starts from: a file, or a tag of those that its network's method has."""
    mix: tuple[int, int] | None = None
    """How often a recogniser is shown a clip's HR frames and how often its restored LR frames; None for HR alone."""
    restore: str = ""
    """The SR method that restores them; empty for the benchmark's floor."""
    cache_size: float = 20.0
    """GB (10^9 bytes) on disk for clips that are prepared once; those beyond are prepared each time."""
    teacher: str | None = None
    """What is learnt from, for recipes that distil: ``METHOD:TAG`` or ``METHOD:FILE`` by an SR method; by a recogniser
    a file of its own weights, with ``{stream}`` in place of the stream."""


class Trainer(Protocol):
    """What ``trainer`` of a declaration resolves to."""

    def __call__(self, request: TrainingRequest, /) -> None:
        """Train, and leave weights with a data card in ``request.out``.

        Raises `UsageError` for settings that the method or recogniser does not use or support.
        """
        ...


Builder = Callable[..., None]
Progress = Callable[[int, int], None]
Specs = Iterable[object]


@dataclass(frozen=True)
class ClipFrames:
    """Frames of a clip that follow each other, restored anew: uint8 RGB.

    `lr` is ``(T, h, w, 3)``; `sr` has ``(T, H, W, 3)`` by method, the ceiling's among them; `flow` has the flow to the
    next frame ``(T - 1, 2, H, W)`` in pixels by method, and is empty where the run looks at no flow.
    """

    first: int
    """The number of the first frame in its clip."""
    lr: np.ndarray
    sr: dict[str, np.ndarray]
    flow: dict[str, np.ndarray]


@dataclass(frozen=True)
class Pictures:
    """What a page may show of clips: at most `clips` of them in at most `size` bytes, with `methods` to choose from.

    A run folder keeps no frames: `restore` makes those of a clip, by its id, as some of the methods restore them. It is
    None, and `why_not` a sentence, where that cannot be done here. It raises `HarnessError` where a single clip cannot.
    """

    clips: int = 0
    size: int = 0
    methods: Sequence[str] = ()
    restore: Callable[[str, Sequence[str]], ClipFrames] | None = None
    why_not: str = ""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Methods of the run that cannot be restored as they were then, with the reason."""
