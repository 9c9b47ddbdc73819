"""What a student on LR clips learns from a teacher on the HR clips.

By scores: Hinton, Vinyals, Dean, Distilling the Knowledge in a Neural Network, 2015. By features, as a mean squared
error: as in ResKD (Ma et al., Rethinking Resolution in the Context of Efficient Video Recognition, NeurIPS 2022).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor
from torch.nn.functional import kl_div, log_softmax, mse_loss

Weight = Annotated[float, Field(ge=0)]


class Distillation(BaseModel):
    """Weights of the teacher's part of the loss, which is added to that of the labels; 0 and 0 learns from no teacher.

    ``by_scores * tau^2 * KL(softmax(t / tau) || softmax(s / tau)) + by_features * MSE(F_t, F_s)``: KL is the sum over
    classes and the mean over clips, MSE the mean over all.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    by_scores: Weight = 1.0
    by_features: Weight = 1.0
    temperature: Annotated[float, Field(gt=0)] = 4.0

    @property
    def taught(self) -> bool:
        """Whether it needs a teacher."""
        return bool(self.by_scores or self.by_features)

    def losses(self, student: Tensor, features: Tensor, teacher: Tensor, wanted: Tensor) -> dict[str, Tensor]:
        """The weighted terms, of scores ``(N, classes)`` and features of any shape; `teacher` and `wanted` are the
        teacher's. A term of weight 0 is left out."""
        found = {}
        if self.by_scores:
            found["loss_scores"] = self.by_scores * self.score_loss(student, teacher)
        if self.by_features:
            found["loss_features"] = self.by_features * mse_loss(features, wanted.detach())
        return found

    def score_loss(self, student: Tensor, teacher: Tensor) -> Tensor:
        """``tau^2 * KL``, 0 where the scores agree."""
        own, target = (log_softmax(scores / self.temperature, dim=1) for scores in (student, teacher.detach()))
        return self.temperature**2 * kl_div(own, target, reduction="batchmean", log_target=True)
