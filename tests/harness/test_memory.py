"""When memory runs out: smaller batches, then smaller tiles, and the same numbers."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from harness.memory import give_back, ran_out, with_less
from harness.methods import ClipNetwork, FrameNetwork, WindowNetwork

CPU = torch.device("cpu")
CLIP = torch.rand(7, 3, 40, 64, generator=torch.Generator().manual_seed(2))
ERRORS = [
    MemoryError("Unable to allocate 2.0 GiB"),
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes"),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
]


class Greedy(nn.Module):
    """Convolves and enlarges by 2, and has memory for so many values of its input; remembers sizes that fitted."""

    def __init__(self, room: int, error: Exception = ERRORS[2]) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 12, 3, padding=1)
        self.room, self.error = room, error
        self.fitted: list[tuple[int, ...]] = []
        self.failures = 0

    def forward(self, x: Tensor) -> Tensor:
        if x.numel() > self.room:
            self.failures += 1
            raise self.error
        self.fitted.append(tuple(x.shape))
        found: Tensor = nn.functional.pixel_shuffle(self.conv(x.flatten(0, -4)), 2)
        return found.reshape(*x.shape[:-3], *found.shape[-3:])


class GreedyWindow(Greedy):
    """The same for the middle of a window of 3."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x)[:, 1]


FRAME = CLIP[0].numel()


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: str(error)[:20])
def test_out_of_memory_is_told_from_other_errors(error: Exception) -> None:
    assert ran_out(error)
    assert not ran_out(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    assert not ran_out(ValueError("not enough memory"))


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: str(error)[:20])
def test_a_batch_is_halved_until_it_fits_and_changes_no_number(error: Exception) -> None:
    network = Greedy(2 * FRAME, error)
    method = FrameNetwork(network, scale=2, device=CPU)
    found = method.upscale(CLIP, range(7))
    assert [shape[0] for shape in network.fitted] == [1] * 7 and network.failures == 2  # with 7, and with 3
    network.room = 7 * FRAME
    whole = FrameNetwork(network, scale=2, device=CPU).upscale(CLIP, range(7))
    torch.testing.assert_close(found, whole, atol=1e-5, rtol=0)
    assert method.remark is None and method.tile is None


def test_what_fitted_is_remembered() -> None:
    network = Greedy(2 * FRAME)
    method = FrameNetwork(network, scale=2, device=CPU)
    method.upscale(CLIP, range(7))
    failures = network.failures
    method.upscale(CLIP, range(7))
    method.upscale(CLIP[..., :20, :], range(4))
    assert network.failures == failures and network.fitted[-1] == (2, 3, 20, 64)


def test_a_window_may_go_alone_where_memory_is_short() -> None:
    network = GreedyWindow(3 * FRAME)
    method = WindowNetwork(network, scale=2, device=CPU, radius=1)
    found = method.upscale(CLIP, [1, 3, 5])
    assert found.shape == (3, 3, 80, 128) and {shape[:2] for shape in network.fitted} == {(1, 3)}


@pytest.mark.parametrize("kind", [FrameNetwork, ClipNetwork])
def test_a_frame_that_does_not_fit_is_tiled_and_the_method_says_so(kind: type[FrameNetwork]) -> None:
    frames = 7 if kind is ClipNetwork else 1
    network = Greedy(frames * FRAME * 6 // 10)
    method = kind(network, scale=2, device=CPU)
    method.receptive_field = 2
    found = method.upscale(CLIP, [0, 4])
    assert method.tile == 32 and method.remark == (
        "restored in tiles of 32 LR pixels a side, because memory ran out for larger ones"
    )
    network.room = 7 * FRAME
    torch.testing.assert_close(found, kind(network, scale=2, device=CPU).upscale(CLIP, [0, 4]), atol=1e-5, rtol=0)
    failures = network.failures
    method.upscale(CLIP, [1])
    assert network.failures == failures


def test_what_fits_in_no_tile_raises_what_the_network_raised() -> None:
    with pytest.raises(RuntimeError, match="can't allocate memory"):
        FrameNetwork(Greedy(10), scale=2, device=CPU).upscale(CLIP, [0])


def test_another_error_is_not_tried_again() -> None:
    network = Greedy(1, ValueError("wrong"))
    with pytest.raises(ValueError, match="wrong"):
        FrameNetwork(network, scale=2, device=CPU).upscale(CLIP, range(7))
    assert network.failures == 1


def test_what_a_failed_attempt_made_is_free_when_the_next_begins() -> None:
    alive: list[int] = []

    class Made:
        def __init__(self) -> None:
            alive.append(1)

        def __del__(self) -> None:
            alive.pop()

    def work(size: int) -> int:
        assert not alive
        held = Made()
        if size > 2:
            raise MemoryError(held)
        return size

    assert with_less(work, 9, 1) == (2, 2)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other libraries do it by themselves, or not at all")
def test_what_is_free_between_what_is_held_goes_back_to_the_system() -> None:
    blocks = [torch.zeros(25_000) for _ in range(1000)]  # 100 kB each, which glibc keeps when they are freed
    held = blocks[::2]
    del blocks
    before = _resident()
    give_back()
    assert before - _resident() > 30e6, "of 50 MB"
    assert all(block.sum() == 0 for block in held)


def _resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


PAGES = """
import resource, sys, torch
from harness.memory import keep
if sys.argv[1] == "keep":
    keep()
for _ in range(10):
    torch.empty(10_000_000).fill_(1.0)  # 40 MB, above what glibc learns to keep by itself
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    torch.empty(10_000_000).fill_(1.0)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is an option of glibc's")
def test_blocks_that_are_kept_are_not_cleared_by_the_system_again() -> None:
    faults = {
        how: int(subprocess.run([sys.executable, "-c", PAGES, how], check=True, capture_output=True, text=True).stdout)
        for how in ("usual", "keep")
    }
    assert 10 * faults["keep"] < faults["usual"], faults
