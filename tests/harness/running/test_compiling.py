"""Compiled networks give what they give uncompiled; where there is no compiler, an error or a remark says so."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from harness.errors import UsageError
from harness.methods import FrameNetwork
from harness.planning.computing import Computing
from harness.running.compiling import compile_network, remark_on_compiling, require_compiler
from harness.running.cost import measure_cost
from harness.running.frame_store import remark_of

CPU = torch.device("cpu")
CLIP = torch.rand(3, 3, 12, 16, generator=torch.Generator().manual_seed(3))
needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")


class Enlarge(nn.Module):
    """A small network that counts how often its Python code runs."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.first, self.second = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 12, 3, padding=1)
        self.calls: list[bool] = []

    def forward(self, x: Tensor) -> Tensor:
        self.calls.append(torch.compiler.is_compiling())
        return nn.functional.pixel_shuffle(self.second(nn.functional.silu(self.first(x))), 2)


def method() -> FrameNetwork:
    return FrameNetwork(Enlarge(), scale=2, device=CPU)


@pytest.fixture
def no_compiler(tmp_path: Path) -> Iterator[None]:
    """Inductor finds no compiler, and nothing that it compiled before."""
    import torch._inductor.config as inductor

    with inductor.patch({"cpp.cxx": (str(tmp_path / "no-compiler"),), "force_disable_caches": True}):
        yield


@needs_compiler
def test_a_compiled_network_restores_the_same_and_its_cost_is_counted_as_before() -> None:
    plain, compiled = method(), method()
    expected = plain.upscale(CLIP, [0, 2])
    compile_network(compiled)
    found = compiled.upscale(CLIP, [0, 2])
    assert float((found - expected).abs().max()) < 1e-5
    assert remark_on_compiling(compiled) is None and remark_of(compiled) is None
    costs = [measure_cost(lambda one=one: one.upscale(CLIP, [0]), 1) for one in (plain, compiled)]  # type: ignore[misc]
    assert costs[0] == costs[1] and costs[0] is not None and costs[0].multiply_adds > 0


@pytest.mark.usefixtures("no_compiler")
def test_without_a_compiler_the_network_runs_as_it_is_and_says_so() -> None:
    tiled = method()
    expected = tiled.upscale(CLIP, [1])
    tiled.remark = "restored in tiles"
    compile_network(tiled)
    assert torch.equal(tiled.upscale(CLIP, [1]), expected)
    remark = remark_of(tiled)
    assert remark is not None and remark.startswith("restored in tiles; its network runs uncompiled, because")
    assert "compiler" in remark and "\n" not in remark
    with pytest.raises(UsageError, match=r"--compile: torch cannot compile for cpu here \(.*; install what is missing"):
        require_compiler(CPU)


def test_memory_that_runs_out_is_no_failure_to_compile(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        def call(x: Tensor) -> Tensor:
            if len(x) > 1:
                raise torch.OutOfMemoryError
            return function(x)

        return call

    monkeypatch.setattr(torch, "compile", exhausted)
    halved = method()
    compile_network(halved)
    assert halved.upscale(CLIP, [0, 1, 2]).shape == (3, 3, 24, 32) and remark_of(halved) is None


def test_what_a_network_itself_raises_stays_its_own_error() -> None:
    class Broken(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.reshape(7, -1)

    broken = FrameNetwork(Broken(), scale=2, device=CPU)
    compile_network(broken)
    with pytest.raises(RuntimeError, match="shape"):
        broken.upscale(CLIP, [0])
    assert remark_of(broken) is None


def test_of_a_network_in_parts_the_backbone_is_compiled() -> None:
    class Parted(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.backbone, self.head = Enlarge(), nn.Linear(3, 2)

    recognizer = SimpleNamespace(network=Parted())
    compile_network(recognizer)
    assert "forward" in vars(recognizer.network.backbone) and "forward" not in vars(recognizer.network)
    compile_network(SimpleNamespace())


def test_it_is_part_of_an_identity_in_half_precision_alone() -> None:
    """There compilers leave roundings out between operations, which changes results as much as half precision does."""
    assert Computing(compiled=True).facts() == {}
    assert Computing(tile=32, compiled=True).facts() == {"tile": 32}
    assert Computing("bf16", compiled=True).facts() == {"precision": "bf16", "compiled": True}
