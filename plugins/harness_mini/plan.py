"""The clips to render: class, setting and random generator of each, all from one seed."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np

from harness_mini.classes import CLASSES
from harness_mini.texture import Rng

CLIPS_PER_CLASS: Final = {"train": 100, "test": 40}
CLIPS_PER_GROUP: Final = 6
RIGHT: Final = "-right"
"""What the name of a split ends with that shows another one from a second camera."""
SPLITS: Final = (*CLIPS_PER_CLASS, *(split + RIGHT for split in CLIPS_PER_CLASS))


@dataclass(frozen=True)
class Job:
    """One clip to render.

    id: unique over `train` and `test`; the clip of the second camera has the id of the first one's. split: a name of
    `SPLITS`. label: index into `CLASSES`. group: its setting's name, the same for both cameras.
    """

    id: str
    split: str
    label: int
    group: str

    @property
    def path(self) -> str:
        """The clip's file, relative to the data set's folder."""
        return f"{self.split}/{self.id}.mp4"

    @property
    def seen(self) -> str:
        """The split of the first camera: `train` or `test`."""
        return self.split.removesuffix(RIGHT)

    @property
    def right(self) -> bool:
        """Whether it is seen by the second camera."""
        return self.split.endswith(RIGHT)


def generator(seed: int, name: str) -> Rng:
    """The random generator of one named thing; independent of every other and of the order of work."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def jobs(split: str, seed: int) -> list[Job]:
    """All clips of `split`: every group has `CLIPS_PER_GROUP` different classes, every class equally many clips."""
    seen = split.removesuffix(RIGHT)
    rng = generator(seed, f"{seen} plan")
    rounds = [rng.permutation(len(CLASSES)) for _ in range(CLIPS_PER_CLASS[seen])]
    labels = np.concatenate(rounds)
    taken = [0] * len(CLASSES)
    out = []
    for index, label in enumerate(labels.tolist()):
        # the split is part of the name, so that a file's name alone identifies it
        name = f"{CLASSES[label].name}_{seen}_{taken[label]:04d}"
        taken[label] += 1
        out.append(Job(name, split, label, f"{seen}_{index // CLIPS_PER_GROUP:03d}"))
    return out
