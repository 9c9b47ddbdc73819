"""Opens both editions: the embedded test splits, and what has been built of the second one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harness.contracts import Clip
from harness.datasets.annotated import AnnotatedDataset
from harness.errors import UsageError
from harness.paths import home, package_path
from harness.video.frames import Video

SEED = 0
"""Of the embedded clips."""


class Mini:
    """`harness.contracts.Dataset` over an embedded folder, which holds the split `test`, and one for the other splits.

    absent: what to say of a split that is not there.
    """

    def __init__(self, name: str, splits: Sequence[str], folder: str, root: Path | None, absent: str) -> None:
        self.splits = tuple(splits)
        self._name = name
        self._embedded = AnnotatedDataset(root or package_path(folder), name)
        self._built = root or home() / "datasets" / name
        self._absent = absent
        self.classes = self._embedded.classes

    def clips(self, split: str) -> Sequence[Clip]:
        """The clips of a split. If one that is not embedded is missing, raises `UsageError` that says how to get it."""
        if split == "test":
            return self._with_second_views(self._embedded.clips(split), split)
        if split in self.splits and not (self._built / f"{split}.csv").exists():
            raise UsageError(
                f"{self._name}'s split {split} is not in {self._built}; {self._absent.format(split=split)}"
            )
        return self._with_second_views(AnnotatedDataset(self._built, self._name).clips(split), split)

    def _with_second_views(self, clips: Sequence[Clip], split: str) -> Sequence[Clip]:
        """The clips with those that a camera to the right saw of the same moments, where that split was built."""
        right = f"{split}-right"
        if right not in self.splits or not (self._built / f"{right}.csv").exists() or not self._of_one_seed(split):
            return clips
        seconds = {clip.id: clip for clip in AnnotatedDataset(self._built, self._name).clips(right)}
        return [replace(clip, second_view=seconds.get(clip.id)) for clip in clips]

    def _of_one_seed(self, split: str) -> bool:
        """Whether what was built shows the clips of a split: the embedded ones are of `SEED`."""
        mark = self._built / "seed.txt"
        if split != "test" or self._embedded.root == self._built:
            return True
        return mark.exists() and mark.read_text().strip() == str(SEED)

    def open(self, clip: Clip) -> Video:
        return self._embedded.open(clip)


def open_first(*, root: Path | None = None) -> Mini:
    """The first edition. `root` is a folder of it, or None for the embedded test split."""
    return Mini("mini", ("train", "test"), "harness_mini:data", root, "it is no longer rendered: use mini-2")


def open_second(*, root: Path | None = None) -> Mini:
    """The second edition. `root` is a folder that `harness datasets build mini-2` wrote, or None for the embedded."""
    splits = ("train", "test", "train-right", "test-right")
    absent = "build it: harness datasets build mini-2 --split {split}"
    return Mini("mini-2", splits, "harness_mini:data2", root, absent)
