"""The contract of data sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from harness.checks.base import Check, Test, expect, run_tests
from harness.contracts import Clip, Dataset
from harness.errors import AnnotationError, UsageError


def check_dataset(dataset: Dataset) -> list[Check]:
    """Check an open data set: its classes, and the clips and the first clip's frames of every split that is present."""
    contract = _Contract(dataset)
    tests: list[tuple[str, Test]] = [("classes", contract.classes), ("splits", contract.splits)]
    tests += [(f"split {split}", partial(contract.split, split)) for split in dataset.splits]
    return run_tests(tests)


@dataclass
class _Contract:
    dataset: Dataset

    def classes(self) -> str:
        names = list(self.dataset.classes)
        twice = [name for name, count in Counter(names).items() if count > 1]
        expect(bool(names), "no classes")
        expect(not twice, f"classes named twice: {twice}")
        return f"{len(names)}"

    def splits(self) -> str:
        here = [split for split in self.dataset.splits if not isinstance(self.clips(split), str)]
        expect(bool(here), f"none of the splits {list(self.dataset.splits)} is present")
        return ", ".join(here)

    def clips(self, split: str) -> Sequence[Clip] | str:
        """The clips of a split, or the message on how to get it if it is not present."""
        try:
            return self.dataset.clips(split)
        except AnnotationError:
            raise
        except UsageError as error:
            return str(error)

    def split(self, split: str) -> str:
        clips = self.clips(split)
        if isinstance(clips, str):
            return f"not present: {clips}"
        expect(bool(clips), "no clips")
        twice = [name for name, count in Counter(clip.id for clip in clips).items() if count > 1]
        expect(not twice, f"ids that are not unique: {twice[:5]}")
        labels = range(len(self.dataset.classes))
        wrong = [clip.id for clip in clips if clip.label not in labels]
        expect(not wrong, f"labels outside 0..{labels[-1]}: {wrong[:5]}")
        expect(list(self.dataset.clips(split)) == list(clips), "the clips differ or change their order the second time")
        frames = self.dataset.open(clips[0]).read()
        shape = frames.shape
        expect(frames.dtype.name == "uint8" and len(shape) == 4 and shape[-1] == 3, f"a clip reads as {shape}")
        return f"{len(clips)} clips; the first has {shape[0]} frames of {shape[2]}x{shape[1]}"
