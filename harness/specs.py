"""Declarations that plugins return from their hooks.

They are small, frozen and import nothing heavy: a factory is an import string ``"module:attribute"`` that is resolved
only when the thing is used, so listing plugins never imports torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

FLOOR, CEILING = "bicubic", "hr"
"""The two methods every run includes and every other one is compared with."""

OFFICIAL = "official"
"""Tag of the weights that a method's authors published."""
OWN_FILES = ("checkpoint", "weights")
"""Options that name a weights file of the user's own."""

OptionValue = str | int | float | bool | None
NO_OPTIONS: Mapping[str, OptionValue] = MappingProxyType({})
NO_DIGESTS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Weights:
    """One checkpoint of a method or recogniser.

    Exactly one of `file`, `url` and `path` is set. `file` is ``"package:path"`` inside an installed package, `path` a
    file of the user's own.
    """

    tag: str
    """What a benchmark asks for, for instance ``mini``; ``official`` serves where a method has none of that tag."""
    sha256: str
    trained_on: str
    """``dataset/split`` whose clips were seen in training, for instance ``mini/train``; free text for foreign data."""
    licence: str
    file: str | None = None
    url: str | None = None
    path: str | None = None
    scale: int | None = None
    """Scale factor the checkpoint is for; None when it does not matter."""
    stream: str | None = None
    """Recognisers only: the stream the checkpoint is for."""
    options: Mapping[str, OptionValue] = field(default_factory=lambda: NO_OPTIONS)
    """Factory options that the checkpoint implies (the width of a narrow variant)."""
    note: str = ""
    """One line for the leaderboard, for instance how the network differs from the published one."""


@dataclass(frozen=True)
class Spec:
    """What every declaration has. `options` maps each option's name to its default; its type is the default's."""

    name: str
    summary: str
    factory: str
    options: Mapping[str, OptionValue] = field(default_factory=lambda: NO_OPTIONS)
    citation: str = ""
    licence: str = "Apache-2.0"
    more_options: str | None = None
    """``"module:function"`` for options that depend on others, such as those of the network that option ``arch`` names.

    Called with all options given so far, defaults filled in; returns further options, name to default.
    """
    digests: Mapping[str, str] = field(default_factory=lambda: NO_DIGESTS)
    """Options that name something on disk, to ``"module:function"`` that is called with the option's value and returns
    a digest of what it names, so that a cell counts it by content. Weights files (`OWN_FILES`) need none."""


@dataclass(frozen=True)
class SRMethodSpec(Spec):
    """A super-resolution method.

    Factory: ``factory(*, scale: int, device: torch.device, weights: Path | None, **options) -> SRMethod``.
    An option called ``weights`` is a file of the user's own and comes under that keyword; one called ``checkpoint`` is
    one as well and comes as it is.
    """

    scales: tuple[int, ...] | None = None
    """Scale factors it can do; None for any."""
    family: str = ""
    """What it is trained for, by which findings group methods: ``perceptual``, ``pixel``, ``multi-frame`` or
    ``interpolation``; empty for methods that no finding speaks of."""
    source: str = "lr"
    """``lr``, or ``hr`` for the ceiling, whose `upscale` is handed the HR clip instead."""
    weights: tuple[Weights, ...] = ()
    needs_weights: bool = False
    """True for a network: without weights its cells are skipped."""
    official: str = ""
    """Where official weights are to be had by hand, for the reason of a skipped cell."""
    trainer: str | None = None
    """``"module:function"`` behind ``harness train NAME``."""


@dataclass(frozen=True)
class RecognizerSpec(Spec):
    """A recogniser.

    Factory, called once a stream: ``factory(*, stream: str, class_names: Sequence[str], device: torch.device,
    weights: Path | None, **options) -> StreamRecognizer``.
    """

    streams: tuple[str, ...] = ("spatial", "temporal")
    """Every stream it can have. With an option ``stream`` it has the one which that option names."""
    weights: tuple[Weights, ...] = ()
    needs_weights: bool = True
    official: str = ""
    """Where official weights are to be had by hand, for the reason of a skipped cell."""
    note: str | None = None
    """``"module:function"`` that is called with all options in force; returns what the leaderboard's header has to say
    of the scores besides the options, or an empty text."""
    trainer: str | None = None


@dataclass(frozen=True)
class DatasetSpec(Spec):
    """A data set. Factory: ``factory(*, root: Path | None, **options) -> Dataset`` (`root` is ``--data``)."""

    builder: str | None = None
    """Behind ``harness datasets build NAME``; called ``(out, *, seed, splits, workers, progress)``."""


@dataclass(frozen=True)
class FlowSpec(Spec):
    """An optical-flow estimator. Factory: ``factory(*, device: torch.device, **options) -> FlowEstimator``."""


@dataclass(frozen=True)
class DegradationSpec(Spec):
    """A degradation. Factory: ``factory(**options) -> Degradation``; every degradation has the option ``scale``."""


@dataclass(frozen=True)
class Column:
    """One number a probe yields a clip, as the leaderboard shows it: the mean over clips of `key`."""

    key: str
    title: str
    higher_is_better: bool = True
    digits: int = 2


@dataclass(frozen=True)
class ProbeSpec(Spec):
    """A probe. Factory: ``factory(*, scale: int, **options) -> Probe``."""

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
    """An output format of the leaderboard. Factory: ``factory(board: Leaderboard) -> str``."""

    suffix: str = ""
    """What names of its files end in; the longest that fits a name wins."""
