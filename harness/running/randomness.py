"""The global random numbers of Python, numpy and torch."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

SEED = 0


@dataclass(frozen=True)
class Randomness:
    """A state of all generators."""

    python: Any
    numpy: Any
    torch: Tensor
    cuda: Sequence[Tensor]

    @classmethod
    def now(cls) -> Randomness:
        """The state they are in."""
        cuda = torch.cuda.get_rng_state_all() if _cuda_is_in_use() else []
        return cls(random.getstate(), np.random.get_state(legacy=False), torch.get_rng_state(), cuda)

    def restore(self) -> None:
        """Bring them back to this state."""
        random.setstate(self.python)
        np.random.set_state(self.numpy)
        torch.set_rng_state(self.torch)
        if self.cuda:
            torch.cuda.set_rng_state_all(self.cuda)


def _cuda_is_in_use() -> bool:
    return bool(torch.cuda.is_initialized())  # type: ignore[no-untyped-call]


def seed_all() -> None:
    """Begin with the same numbers everywhere."""
    random.seed(SEED)
    np.random.seed(SEED)
    # not torch.manual_seed: before there is a CUDA device in use it keeps a list of what to do then, that only grows
    torch.default_generator.manual_seed(SEED)
    if _cuda_is_in_use():
        for generator in torch.cuda.default_generators:
            generator.manual_seed(SEED)
