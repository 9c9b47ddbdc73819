"""The embedded data set `mini-2`."""

from __future__ import annotations

from collections.abc import Iterable

from harness.hookspecs import hookimpl
from harness.specs import DatasetSpec

MOTIONS = "Peng et al., DeepMimic, SIGGRAPH 2018 (motions, as shipped by pybullet)"


@hookimpl
def harness_datasets() -> Iterable[DatasetSpec]:
    yield DatasetSpec(
        "mini-2",
        "rendered human actions from motion capture, 12 classes, 176x176, test split embedded",
        "harness_mini.dataset:Mini",
        options={"size": ""},
        later=("size",),
        citation=MOTIONS,
        replaces=("mini",),  # its first edition
        builder="harness_mini.build:build",
    )
