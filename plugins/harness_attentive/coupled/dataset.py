"""Cached units of HR clips and of restored ones, for mmengine's Runner."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from mmaction.registry import DATASETS
from mmaction.structures import ActionDataSample
from torch.utils.data import Dataset

from harness_attentive.coupled.cache import LAYOUT
from harness_mmaction.training.cache import DATA, open_store


@DATASETS.register_module()
class CoupledClips(Dataset[dict[str, Any]]):
    """Units ``(2, T, channels)`` for `CoupledModel`, spatial and temporal.

    Each clip is two samples, alike to what learns from them: of n clips the numbers from 0 are HR ones, those from n
    restored ones. `indices` are the samples to use.
    """

    def __init__(self, folder: str, restored: str, indices: Sequence[int], classes: Sequence[str]) -> None:
        self.stores = [open_store(Path(path), LAYOUT) for path in (folder, restored)]
        self.indices = list(indices)
        self.metainfo = {"classes": list(classes)}

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, item: int) -> dict[str, Any]:
        which, clip = divmod(self.indices[item], len(self.stores[0].entries))
        store = self.stores[which]
        units = torch.tensor(store.arrays(clip)[DATA])
        return {"inputs": units, "data_samples": ActionDataSample().set_gt_label(store.entries[clip].label)}
