"""The clips to render: class, setting and random generator of each, all from one seed."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np

from harness_mini.classes import CLASSES

CLIPS_PER_CLASS: Final = {"train": 100, "test": 12}
CLIPS_PER_GROUP: Final = 6


@dataclass(frozen=True)
class Job:
    """One clip to render. id: unique over both splits. label: index into `CLASSES`. group: its setting's name."""

    id: str
    split: str
    label: int
    group: str

    @property
    def path(self) -> str:
        """The clip's file, relative to the data set's folder."""
        return f"{self.split}/{self.id}.mp4"


def generator(seed: int, name: str) -> np.random.Generator:
    """The random generator of one named thing; independent of every other and of the order of work."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def jobs(split: str, seed: int) -> list[Job]:
    """All clips of `split`: every group has `CLIPS_PER_GROUP` different classes, every class equally many clips."""
    rng = generator(seed, f"{split} plan")
    rounds = [rng.permutation(len(CLASSES)) for _ in range(CLIPS_PER_CLASS[split])]
    labels = np.concatenate(rounds)
    taken = [0] * len(CLASSES)
    out = []
    for index, label in enumerate(labels.tolist()):
        # the split is part of the name, so that a file's name alone identifies it
        name = f"{CLASSES[label].name}_{split}_{taken[label]:04d}"
        taken[label] += 1
        out.append(Job(name, split, label, f"{split}_{index // CLIPS_PER_GROUP:03d}"))
    return out
