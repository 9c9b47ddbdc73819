"""Two classifiers, one per stream, each with its own loss."""

from __future__ import annotations

from typing import Any

import torch
from mmaction.models.heads import BaseHead
from mmaction.registry import MODELS
from torch import Tensor, nn

BRANCHES = ("appearance", "motion")


@MODELS.register_module()
class STResNetHead(BaseHead):  # type: ignore[misc]
    """Features of both streams ``(N, C, T', h, w)`` to raw scores ``(N, 2, num_classes)``: appearance, motion.

    Scores are means over space and time. Classifiers are linear, so they see the mean of the features. There is no
    dropout, as in the source (Feichtenhofer et al., NIPS 2016).
    """

    def __init__(self, num_classes: int, in_channels: int, **settings: Any) -> None:
        super().__init__(num_classes, in_channels, **settings)
        self.fc_appearance = nn.Linear(in_channels, num_classes)
        self.fc_motion = nn.Linear(in_channels, num_classes)

    def init_weights(self) -> None:
        for classifier in (self.fc_appearance, self.fc_motion):
            nn.init.normal_(classifier.weight, std=0.01)
            nn.init.zeros_(classifier.bias)

    def forward(self, features: tuple[Tensor, Tensor], **_: Any) -> Tensor:
        appearance, motion = (x.mean(dim=(2, 3, 4)) for x in features)
        return torch.stack((self.fc_appearance(appearance), self.fc_motion(motion)), dim=1)

    def loss_by_feat(self, cls_scores: Tensor, data_samples: Any) -> dict[str, Tensor]:
        """Losses and accuracies of each stream, their names beginning with the stream's."""
        losses: dict[str, Tensor] = {}
        for index, stream in enumerate(BRANCHES):
            found = super().loss_by_feat(cls_scores[:, index], data_samples)
            losses |= {f"{stream}_{name}": value for name, value in found.items()}
        return losses

    def predict_by_feat(self, cls_scores: Tensor, data_samples: Any) -> Any:
        """The mean of both streams' scores as the prediction."""
        return super().predict_by_feat(cls_scores.mean(dim=1), data_samples)
