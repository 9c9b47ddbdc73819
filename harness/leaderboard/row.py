"""One row of the table: what is known about a method, or pair of methods, with one recogniser."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, ClassVar

DIGITS = 6
"""Decimals kept, so that the last bits of a mean do not show."""
DOCUMENTED = {"use_attribute_docstrings": True}
"""For pydantic, which writes the schema: the text below a field describes it."""


@dataclass(frozen=True)
class Accuracy:
    """One stream's accuracy, in percent from 0 to 100; None for what is unknown."""

    __pydantic_config__: ClassVar = DOCUMENTED

    top1: float | None = None
    """Top-1 accuracy over clips."""
    top1_low: float | None = None
    """Lower end of its 95 % interval."""
    top1_high: float | None = None
    """Upper end of its 95 % interval."""
    top1_mean_class: float | None = None
    """Mean of the classes' top-1 accuracies."""
    top1_mean_class_low: float | None = None
    """Lower end of its 95 % interval."""
    top1_mean_class_high: float | None = None
    """Upper end of its 95 % interval."""
    top1_top5: float | None = None
    """Top-5 accuracy over clips; None where there are fewer than five classes."""
    top1_top5_low: float | None = None
    """Lower end of its 95 % interval."""
    top1_top5_high: float | None = None
    """Upper end of its 95 % interval."""
    delta: float | None = None
    """Top-1 accuracy less the floor's, in points."""
    delta_low: float | None = None
    """Lower end of the 95 % interval of the paired difference, which contains 0 exactly where `p` is not below 0.05."""
    delta_high: float | None = None
    """Upper end of that interval."""
    p: float | None = None
    """p-value of an exact sign-flip test against the floor over groups of clips, 0 to 1."""
    mcnemar_p: float | None = None
    """p-value of McNemar's test against the floor over clips, 0 to 1."""
    recovered: float | None = None
    """Share of the gap between floor (0) and ceiling (1) that is closed; None where the gap may be none."""
    recovered_low: float | None = None
    """Lower end of its 95 % interval; None for floor and ceiling, whose shares are 0 and 1."""
    recovered_high: float | None = None
    """Upper end of its 95 % interval."""
    best: bool | None = None
    """Whether it leads or cannot be told from the one that does; None for the ceiling, which competes with nobody."""
    best_p: float | None = None
    """Of the comparison with the one that leads, adjusted for all pairs of rows, 0 to 1; `best` is 0.05 or more."""
    rank: int | None = None
    """Place among the rows that compete, from 1; those not told apart from the first of their group share it."""


@dataclass(frozen=True)
class Comparison:
    """A published accuracy of the same protocol beside the measured one."""

    __pydantic_config__: ClassVar = DOCUMENTED

    published: float | None = None
    """The published mean class accuracy in percent."""
    difference: float | None = None
    """The measured mean class accuracy less the published one, in points."""


@dataclass(frozen=True)
class Row:
    """A method or pair, and what the run found for it; None for what is unknown.

    The fields and their order are those of the flat records that JSON and CSV have.
    """

    __pydantic_config__: ClassVar = DOCUMENTED

    sr: str
    """The method, or ``a+b``: spatial stream from method `a`, temporal stream from method `b`."""
    recognizer: str | None
    """The recogniser; None in a run without one."""
    streams: Mapping[str, Accuracy]
    """Accuracy by stream, for every one of `SCORED`; empty accuracies for what was not measured."""
    recovered: float | None
    """That of the stream that ranks."""
    recovered_low: float | None
    """Lower end of its 95 % interval."""
    recovered_high: float | None
    """Upper end of its 95 % interval."""
    measures: Mapping[str, float | None]
    """Numbers of all other probes by key: means over clips, then ratios of totals. Pairs have none."""
    params: int | None
    """Number of the method's parameters."""
    clips: int | None
    """Number of clips that were measured."""
    status: str
    """``ok``, ``failed``, ``skipped`` or ``running``: the worst of its cells'."""
    reason: str | None
    """Why it is not ``ok``."""
    note: str | None
    """How its networks differ from the published ones."""
    published: Mapping[str, Comparison] = field(default_factory=dict)
    """Published numbers by stream; empty in a run that none holds for."""

    def flat(self) -> dict[str, Any]:
        """One value a key, as in JSON and CSV: ``spatial_top1`` is ``streams["spatial"].top1``."""
        return dict(_flat(self))

    @property
    def ok(self) -> bool:
        """Whether everything of it was measured."""
        return self.status == "ok"

    def shown_state(self, stream: str) -> str:
        """The word that stands beside its name: empty where it has the accuracy that ranks and nothing failed.

        `stream` is the one that ranks. Where only a further measure was skipped, such as one without its weights, the
        row keeps its place, and the reason is said below the table.
        """
        kept = self.status == "skipped" and self.streams[stream].top1 is not None
        return "" if self.ok or kept else self.status

    @property
    def has_numbers(self) -> bool:
        """Whether anything of it was measured."""
        accuracies = [value for accuracy in self.streams.values() for _, value in _flat(accuracy)]
        values = [*accuracies, *self.measures.values(), self.params, self.clips]
        return any(value is not None for value in values)


def tidy(key: str, value: Any) -> Any:
    """A value as JSON has it: rounded, and None for NaN."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if not math.isfinite(value):
        return None
    # the decimals that matter in a p-value depend on its size; + 0.0 turns -0.0 into 0.0
    is_p = key == "p" or key.endswith("_p")
    return float(f"{value:.{DIGITS}g}") if is_p else round(float(value), DIGITS) + 0.0


def _flat(item: Any) -> Iterator[tuple[str, Any]]:
    """A dataclass's values by field; what mappings hold comes under their keys, nested fields as ``key_field``."""
    for each in fields(item):
        value = getattr(item, each.name)
        if not isinstance(value, Mapping):
            yield each.name, value
            continue
        for key, inner in value.items():
            if is_dataclass(inner):
                yield from ((f"{key}_{name}", own) for name, own in _flat(inner))
            else:
                yield key, inner
