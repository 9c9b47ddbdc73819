"""Seeded small networks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

NETWORK: dict[str, Any] = {"depth": 26, "width": 4, "stack": 2}


@pytest.fixture
def checkpoint(tmp_path: Path) -> Callable[..., Path]:
    """Writes the weights of a randomly initialised small network, its normalisation not the identity."""
    from harness.weights.loading import save_state
    from harness_stresnet.network import build_network, description

    def make(classes: int, **options: Any) -> Path:
        torch.manual_seed(7)
        network = build_network(description(classes, **{**NETWORK, **options}))
        state = {k: v for k, v in network.state_dict().items() if not k.endswith("num_batches_tracked")}
        state = {k: 0.5 + torch.rand_like(v) if "running_var" in k else v for k, v in state.items()}
        path = tmp_path / f"stresnet{classes}.safetensors"
        save_state(path, state, {})
        return path

    return make
