"""Opens the embedded test split, and what has been built of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harness.contracts import Clip
from harness.datasets.annotated import AnnotatedDataset
from harness.errors import UsageError
from harness.paths import home, package_path
from harness.video.frames import Video
from harness_datasets.videos import ResizedVideo, parse_size

NAME = "mini-2"
EMBEDDED = "harness_mini:data"
"""The folder of the split `test`."""
SPLITS = ("train", "test", "train-right", "test-right")
SEED = 0
"""Of the embedded clips."""


class Mini:
    """`harness.contracts.Dataset` over the embedded split `test`, and a folder for the other splits.

    `root` is a folder that `harness datasets build mini-2` wrote, which then holds `test` as well, or None. `size` is
    that of frames in pixels, such as 192x256; empty for their own, 176x176. Raises `UsageError` for another text.
    """

    def __init__(self, *, root: Path | None = None, size: str = "") -> None:
        self.splits = SPLITS
        self._embedded = AnnotatedDataset(root or package_path(EMBEDDED), NAME)
        self._built = root or home() / "datasets" / NAME
        self._size = parse_size(size)
        self.classes = self._embedded.classes

    def clips(self, split: str) -> Sequence[Clip]:
        """The clips of a split. If one that is not embedded is missing, raises `UsageError` that says how to get it."""
        if split == "test":
            return self._with_second_views(self._embedded.clips(split), split)
        if split in self.splits and not (self._built / f"{split}.csv").exists():
            raise UsageError(
                f"{NAME}'s split {split} is not in {self._built}; "
                f"build it: harness datasets build {NAME} --split {split}"
            )
        return self._with_second_views(AnnotatedDataset(self._built, NAME).clips(split), split)

    def _with_second_views(self, clips: Sequence[Clip], split: str) -> Sequence[Clip]:
        """The clips with those that a camera to the right saw of the same moments, where that split was built."""
        right = f"{split}-right"
        if right not in self.splits or not (self._built / f"{right}.csv").exists() or not self._of_one_seed(split):
            return clips
        seconds = {clip.id: clip for clip in AnnotatedDataset(self._built, NAME).clips(right)}
        return [replace(clip, second_view=seconds.get(clip.id)) for clip in clips]

    def _of_one_seed(self, split: str) -> bool:
        """Whether what was built shows the clips of a split: the embedded ones are of `SEED`."""
        mark = self._built / "seed.txt"
        if split != "test" or self._embedded.root == self._built:
            return True
        return mark.exists() and mark.read_text().strip() == str(SEED)

    def open(self, clip: Clip) -> Video:
        video = self._embedded.open(clip)
        return ResizedVideo.of(video, self._size) if self._size else video
