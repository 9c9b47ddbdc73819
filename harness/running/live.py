"""What is in work: cells, methods with their cells, and how far each has come with a clip."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from torch import Tensor

from harness.contracts import Clip, Degradation, FlowEstimator, Probe, SRMethod
from harness.planning.cells import Cell, Part
from harness.running.pipeline import RestoredClip
from harness.running.portions import Portion
from harness.specs import SRMethodSpec

Note = Callable[[str, Sequence[str], bool], None]
"""Told what is done next: with which clip (an empty text while things are built), for which cells, by their ids, and
whether the clip is only read."""


def no_note(clip: str, cells: Sequence[str], reading: bool) -> None:
    """Nobody wants to know."""


@dataclass
class LiveCell:
    """A cell in work."""

    cell: Cell
    done: set[str]
    failed: bool = False
    remark: str | None = None
    """The last that was told of its recogniser."""


@dataclass
class LiveMethod:
    """A method in work with its cells."""

    part: Part[SRMethodSpec]
    method: SRMethod
    cells: list[LiveCell]
    """Those that need it; a pair's cell is in work with both methods."""
    radius: int | None
    """Frames around a wanted one that it looks at; None for the whole clip."""
    remark: str | None = None
    """The last that was told of it."""

    @property
    def sees_hr(self) -> bool:
        return self.part.spec.source == "hr"

    @property
    def at_lr_rate(self) -> bool:
        """Whether probes see its LR frames' moments alone."""
        return self.part.steps[-1].spec.at_lr_rate

    def waiting(self, clip: Clip) -> list[LiveCell]:
        return [c for c in self.cells if not c.failed and clip.id not in c.done]


@dataclass
class View:
    """A method with what it has made of a clip so far, and what its cells have seen of that."""

    live: LiveMethod
    restored: RestoredClip | None = None
    seconds: float = 0.0
    seen: dict[str, list[Tensor]] = field(default_factory=dict)
    """Rows of values of every portion, by a cell's id."""
    cell_seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    unreadable: bool = False

    @property
    def label(self) -> str:
        return self.live.part.label

    def waiting(self, clip: Clip) -> list[LiveCell]:
        return [] if self.unreadable else self.live.waiting(clip)

    def let_go(self, clip: Clip, portion: Portion) -> None:
        """Keep of the restored clip only what is looked at after this portion."""
        if portion.is_last or not self.waiting(clip):
            self.restored = None
        elif self.restored is not None:
            self.restored.keep(portion)


@dataclass
class Assembly:
    """The live objects; None is what is not needed, or could not be built."""

    degradation: Degradation | None = None
    flow: FlowEstimator | None = None
    hr_flow: FlowEstimator | None = None
    probes: dict[str, Probe] = field(default_factory=dict)
    """One object a probe, shared by all methods, by label."""
    methods: list[LiveMethod] = field(default_factory=list)
    remarks: dict[str, str] = field(default_factory=dict)
    """The last that were told of flow estimator and degradation, by label."""
