"""The embedded data set `mini`."""

from __future__ import annotations

from collections.abc import Iterable

from harness.hookspecs import hookimpl
from harness.specs import DatasetSpec


@hookimpl
def harness_datasets() -> Iterable[DatasetSpec]:
    yield DatasetSpec(
        "mini",
        "rendered human actions from motion capture, 12 classes, test split embedded",
        "harness_mini.dataset:open_dataset",
        citation="Peng et al., DeepMimic, SIGGRAPH 2018 (motions, as shipped by pybullet)",
        builder="harness_mini.build:build",
    )
