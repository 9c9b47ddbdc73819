"""The network as a model of mmengine's Runner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmaction.registry import MODELS
from mmengine.model import BaseModel
from torch import Tensor
from torch.nn.functional import cross_entropy

from harness_attentive.coupled.network import CoupledGRU
from harness_attentive.model import labels_of, scored


@MODELS.register_module()
class CoupledModel(CoupledGRU, BaseModel):  # type: ignore[misc]  # mmengine is untyped
    """The network, which learns from labels; HR and restored clips are samples of one set."""

    def __init__(self, num_classes: int, channels: int, smoothing: float = 0.0) -> None:
        super().__init__(num_classes, channels)
        self.smoothing = smoothing

    def forward(self, inputs: Sequence[Tensor], data_samples: Sequence[Any], mode: str = "tensor") -> Any:  # type: ignore[override]
        """`inputs` are as `CoupledClips` makes them. Losses by name in the mode ``loss``; else `data_samples`, which
        get their scores."""
        scores = super().forward(*torch.stack(list(inputs)).unbind(dim=1))
        if mode == "loss":
            return {"loss_cls": cross_entropy(scores, labels_of(data_samples), label_smoothing=self.smoothing)}
        return scored(data_samples, scores)
