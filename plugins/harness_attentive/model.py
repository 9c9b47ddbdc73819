"""The network as a model of mmengine's Runner, with its teacher."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from mmaction.registry import MODELS
from mmengine.model import BaseModel
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from harness.errors import UsageError
from harness.weights.header import described
from harness_attentive.distilling import Distillation
from harness_attentive.network import DROPOUT, Attentive
from harness_attentive.recognizer import Form
from harness_attentive.starting import start_from_kinetics
from harness_i3d.recognizer import CHANNELS, shown

MOMENTUM = 0.1
"""Of normalisations in training: I3D's own, 0.001, needs more iterations than small data have."""


@MODELS.register_module()
class AttentiveModel(Attentive, BaseModel):  # type: ignore[misc]  # mmengine is untyped
    """One stream that learns from labels, and from a `teacher`, a file of weights that sees the HR clips.

    `form` are the fields of a `Form`, `distil` those of a `Distillation`. The teacher is no part of the module: it is
    neither learnt nor saved. Raises `UsageError` for a teacher whose features are of another size, and `WeightsError`
    for a file that is none of this recogniser.
    """

    def __init__(
        self, form: Mapping[str, Any], stream: str, num_classes: int, dropout: float = DROPOUT, smoothing: float = 0.0,
        kinetics: str = "", teacher: str = "", distil: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        own = Form(**form)
        super().__init__(
            num_classes, CHANNELS[stream], own.attention, own.heads, own.frames, own.input_size, own.narrow
        )
        for module in self.modules():
            if isinstance(module, nn.BatchNorm3d):
                module.momentum = MOMENTUM
        self.dropout.p, self.smoothing = dropout, smoothing
        self.distil = Distillation(**(distil or {}))
        self._teachers = [_teacher(Path(teacher), own, stream, num_classes)] if teacher else []
        if kinetics:
            start_from_kinetics(self.backbone, Path(kinetics))

    def computing_parts(self) -> list[tuple[nn.Module, str]]:
        """What computes as a recipe says, and the method through which it is called."""
        return [(network.backbone, "features") for network in (self, *self._teachers)]

    def forward(self, inputs: Sequence[Tensor], data_samples: Sequence[Any], mode: str = "tensor") -> Any:  # type: ignore[override]
        """`inputs` are as `AttentiveClips` makes them. Losses by name in the mode ``loss``; else `data_samples`, which
        get their scores."""
        views = torch.stack(list(inputs))
        if mode == "loss":
            return self._losses(views, labels_of(data_samples))
        return scored(data_samples, super().forward(_clips(views)))

    def _losses(self, views: Tensor, labels: Tensor) -> dict[str, Tensor]:
        seen, *taught = views.chunk(1 + len(self._teachers), dim=1)
        features = self.features(_clips(seen))
        scores = self.classify(self.attended(features))
        losses = {"loss_cls": cross_entropy(scores, labels, label_smoothing=self.smoothing)}
        for teacher, clips in zip(self._teachers, taught, strict=True):
            with torch.no_grad():
                wanted = teacher.to(views.device).features(_clips(clips))
                target = teacher.classify(teacher.attended(wanted))
            losses |= self.distil.losses(scores, features, target, wanted)
        return losses


def labels_of(samples: Sequence[Any]) -> Tensor:
    """Labels ``(N,)`` of MMAction2's data samples."""
    return torch.cat([sample.gt_label for sample in samples])


def scored(samples: Sequence[Any], scores: Tensor) -> list[Any]:
    """The samples with their scores ``(N, classes)``."""
    return [sample.set_pred_score(own) for sample, own in zip(samples, scores, strict=True)]


def _clips(views: Tensor) -> Tensor:
    """Levels ``(N, T, C, H, W)`` in 0..255 to clips ``(N, C, T, H, W)`` in [-1, 1]."""
    return torch.stack([shown(view) for view in views])


def _teacher(file: Path, student: Form, stream: str, num_classes: int) -> Attentive:
    """The network of a file, which says what its options are; frozen."""
    form = Form.of({**vars(student), **described(file).get("options", {})})
    if (form.narrow, form.frames, form.input_size) != (student.narrow, student.frames, student.input_size):
        raise UsageError(
            f"--teacher {file}: it is of narrow={form.narrow}, frames={form.frames}, input_size={form.input_size}; the "
            f"student needs narrow={student.narrow}, frames={student.frames}, input_size={student.input_size}"
        )
    return form.filled(stream, num_classes, file).eval().requires_grad_(False)
