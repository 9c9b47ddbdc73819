"""Models of SR4IR, known to BasicSR's registry: an SR network tuned to a recogniser, and one that learns with it.

Source: Kim et al., Beyond Image Super-Resolution for Image Recognition with Task-Driven Perceptual Loss, CVPR 2024.
Phase 1 of an iteration trains the SR network with the recogniser frozen: pixels, and `TaskDrivenPerceptualLoss` as
``perceptual_opt``. Phase 2 trains the recogniser on what the SR network then makes, on HR frames, and on a mixture.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from harness_basicsr import compat  # noqa: F401  (before basicsr)
from harness_basicsr.training.judging import RECOGNISER, current_judge
from harness_basicsr.training.losses.task_driven import mixed, random_mask, shown_to

from basicsr.models.sr_model import SRModel  # isort: skip
from basicsr.utils.registry import MODEL_REGISTRY  # isort: skip

SHARE = 0.34
"""Weight of each of the three classification losses."""


@MODEL_REGISTRY.register()
class AdamWSRModel(SRModel):  # type: ignore[misc]  # basicsr is untyped
    """BasicSR's SRModel, for any optimiser of torch: phase 1 alone."""

    def get_optimizer(self, optim_type: str, params: Iterable[nn.Parameter], lr: float, **kwargs: Any) -> Any:
        return getattr(torch.optim, optim_type)(params, lr, **kwargs)


@MODEL_REGISTRY.register()
class SR4IRModel(AdamWSRModel):
    """Both phases. The section ``train`` has ``optim_c``, the recogniser's optimiser, whose ``eta_min`` is the lowest
    rate of its cosine. Clips are classified by their ids, ``lq_path``.
    """

    def init_training_settings(self) -> None:
        judge = current_judge()
        self.judge, self.labels = judge.stream, judge.labels
        self.net_c = self.judge.network.to(self.device)
        if state := self.opt["path"].get("resume_state"):
            file = Path(self.opt["path"]["models"]) / f"{RECOGNISER}_{Path(state).stem}.pth"
            self.load_network(self.net_c, str(file), True, "params")
        super().init_training_settings()

    def setup_optimizers(self) -> None:
        super().setup_optimizers()
        options = dict(self.opt["train"]["optim_c"])
        self.eta_min_c = options.pop("eta_min", None)
        self.optimizer_c = self.get_optimizer(options.pop("type"), self.net_c.parameters(), **options)
        self.optimizers.append(self.optimizer_c)

    def setup_schedulers(self) -> None:
        super().setup_schedulers()
        if self.eta_min_c is not None:
            self.schedulers[-1].eta_min = self.eta_min_c

    def feed_data(self, data: Mapping[str, Any]) -> None:
        super().feed_data(data)
        self.classes = torch.tensor([self.labels[clip] for clip in data["lq_path"]], device=self.device)

    def optimize_parameters(self, current_iter: int) -> None:
        super().optimize_parameters(current_iter)
        with torch.no_grad():
            restored = self.net_g(self.lq)
        # a resumed training mixes and drops out as one that was not interrupted
        with torch.random.fork_rng():
            torch.manual_seed(self._seed(current_iter))
            losses = self._classified(restored)
        self.log_dict |= self.reduce_loss_dict(losses)

    def _classified(self, restored: Tensor) -> dict[str, Tensor]:
        """One step of the recogniser; its three losses, weighted."""
        sr, hr = shown_to(self.judge, restored), shown_to(self.judge, self.gt)
        classes = self.classes.repeat_interleave(len(sr) // len(self.classes))
        seen = {"l_class_sr": sr, "l_class_hr": hr, "l_class_mix": mixed(sr, hr, random_mask(len(sr), sr))}
        self.net_c.train().requires_grad_(True)
        losses = {name: SHARE * cross_entropy(self._scores(frames), classes) for name, frames in seen.items()}
        self.optimizer_c.zero_grad()
        torch.autograd.backward(torch.stack(list(losses.values())).sum())
        self.optimizer_c.step()
        self.net_c.eval().requires_grad_(False)
        return losses

    def _scores(self, frames: Tensor) -> Tensor:
        return self.judge.classify(self.judge.features(frames))

    def _seed(self, iteration: int) -> int:
        return int(np.random.SeedSequence([self.opt.get("manual_seed") or 0, iteration]).generate_state(1)[0])

    def save(self, epoch: int, current_iter: int) -> None:
        self.save_network(self.net_c, RECOGNISER, current_iter)  # first: a state is whole once it has been saved
        super().save(epoch, current_iter)
