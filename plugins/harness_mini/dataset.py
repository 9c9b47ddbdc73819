"""Opens `mini`: the embedded test split, and the training split once it has been built."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.contracts import Clip
from harness.datasets.annotated import AnnotatedDataset
from harness.errors import UsageError
from harness.paths import home, package_path
from harness.video.frames import Video


class Mini:
    """`harness.contracts.Dataset` over the embedded folder and the built one."""

    splits = ("train", "test")

    def __init__(self, root: Path | None) -> None:
        self._embedded = AnnotatedDataset(root or package_path("harness_mini:data"), "mini")
        self._built = root or home() / "datasets" / "mini"
        self.classes = self._embedded.classes

    def clips(self, split: str) -> Sequence[Clip]:
        """The clips of a split. If `train` is missing, raises `UsageError` with the command that builds it."""
        if split == "test":
            return self._embedded.clips(split)
        if split == "train" and not (self._built / "train.csv").exists():
            raise UsageError(f"mini's training split is not in {self._built}; build it: harness datasets build mini")
        return AnnotatedDataset(self._built, "mini").clips(split)

    def open(self, clip: Clip) -> Video:
        return self._embedded.open(clip)


def open_dataset(*, root: Path | None = None) -> Mini:
    """`root` is a folder that `harness datasets build mini` wrote, or None for the embedded one."""
    return Mini(root)
