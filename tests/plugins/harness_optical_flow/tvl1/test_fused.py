"""Triton's kernel takes the same steps as plain torch: in Triton's interpreter, and on a GPU where there is one."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from torch import Tensor

from harness_optical_flow.tvl1.iteration import Iteration, Linear, Steps
from harness_optical_flow.tvl1.planes import State
from harness_optical_flow.tvl1.solver import iteration_on

needs_triton = pytest.mark.skipif(find_spec("triton") is None, reason="Triton is not installed (it comes with CUDA)")
SHAPES = ((1, 9, 67, 0.0), (2, 5, 3, 0.5))
"""Pairs, height, width and gamma: more than one tile each way, and brightness as a third unknown."""


def worst(device: str) -> float:
    """The largest difference between the states of kernel and plain torch after two iterations, all shapes."""
    from harness_optical_flow.tvl1.fused import FusedIteration

    found = 0.0
    for pairs, height, width, gamma in SHAPES:
        flow, linear = problem(pairs, height, width, gamma, torch.device(device))
        steps = Steps(0.25, 0.15, 0.3)
        plain, fused = (kind(State.starting_from(flow), linear, steps) for kind in (Iteration, FusedIteration))
        for counted in (3, 2):
            changes = plain.run(counted), fused.run(counted)
            if changes[0] is not None and changes[1] is not None:
                found = max(found, float((changes[0] / changes[1] - 1).abs().max()))
        found = max(found, *(apart(plain.state, fused.state)))
        last = torch.tensor([pairs - 1], device=flow.device)
        assert torch.equal(fused.select(last).state.flow.here, fused.state.flow.here[-1:])
    return found


def problem(pairs: int, height: int, width: int, gamma: float, device: torch.device) -> tuple[Tensor, Linear]:
    """A flow, and brightness around it whose slopes lie apart in memory, as those of a warp do."""
    generator = torch.Generator().manual_seed(1)
    planes = torch.rand(pairs, 5, height, width, generator=generator).to(device) - 0.5
    flow = 3 * torch.randn(pairs, 3 if gamma else 2, height, width, generator=generator).to(device)
    brightness = 100 * planes[:, :2]
    return flow, Linear.around(flow[:, :2], brightness[:, :1], brightness[:, 1:], 20 * planes[:, 3:], gamma)


def apart(one: State, other: State) -> list[float]:
    pairs = ((one.flow, other.flow), (one.dual_x, other.dual_x), (one.dual_y, other.dual_y))
    return [float((mine.here - theirs.here).abs().max()) for mine, theirs in pairs]


@needs_triton
def test_the_kernel_takes_the_same_steps_as_plain_torch() -> None:
    """In a process of its own: Triton's interpreter must be asked for before Triton is imported."""
    interpreted = {**os.environ, "TRITON_INTERPRET": "1"}
    done = subprocess.run([sys.executable, __file__], capture_output=True, text=True, env=interpreted)
    assert done.returncode == 0, done.stderr[-3000:]
    assert float(done.stdout) < 1e-5


@needs_triton
def test_triton_compiles_the_kernel_for_a_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its interpreter takes Python that its compiler refuses."""
    from triton import compile as compiled
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    from harness_optical_flow.tvl1.fused import iterate

    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    constants = {"UNKNOWNS": 2, "COUNTED": 2, "ROWS": 8, "COLUMNS": 64}
    numbers = {"most": "fp32", "theta": "fp32", "rate": "fp32", "height": "i32", "width": "i32"}
    kinds = {name: "i32" if name.endswith(("_pair", "_channel")) else "*fp32" for name in iterate.arg_names}
    source = ASTSource(iterate, {**kinds, **numbers, **dict.fromkeys(constants, "constexpr")}, constants)
    assert ".entry iterate" in compiled(source, target=GPUTarget("cuda", 80, 32)).asm["ptx"]


@needs_triton
@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_runs_the_kernel() -> None:
    assert iteration_on(torch.device("cuda")) is not Iteration
    assert worst("cuda") < 1e-5


def test_a_processor_needs_no_triton() -> None:
    assert iteration_on(torch.device("cpu")) is Iteration


if __name__ == "__main__":
    print(worst("cpu"))
