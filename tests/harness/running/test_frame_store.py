"""Which frames are needed, where they are kept, and what a long clip takes in memory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from harness.checks import synthetic_clip
from harness.errors import ContractError
from harness.methods import Bicubic, ClipNetwork, FrameNetwork, WindowNetwork
from harness.running.frame_store import FrameStore, around, temporal_radius, widest
from harness.video.frames import round_to_8_bits, write_video

CPU = torch.device("cpu")
BOUND_MIB = 60
"""What a clip of a minute may take more than one of four seconds; all its HR frames in 8 bits would be 330 MiB."""
RETURNED_AT_ONCE = {"MALLOC_MMAP_THRESHOLD_": str(128 * 1024)}
"""Has glibc give back every larger block when it is freed. It else learns from use which to keep, and the peak of one
and the same run then varies by as much as the bound."""
RUN = """
import os
import sys
from pathlib import Path
import cv2, matplotlib.figure, pandas, pyarrow.parquet
import torch
from harness.imports import resolve_import
from harness.planning.benchmark import load_benchmark
from harness.registry import load_registry
from harness.running.context import open_context
from harness.running.store import open_run
from harness.planning.selecting import Request
from harness.running.workflow import execute, record_start
from harness.running import loop, pipeline
from harness.specs import SRMethodSpec

torch.set_num_threads(1)

class Strict:
    def loading(self, what): ...
    def clip_done(self, method, seconds): ...
    def cell_finished(self, cell, status, reason):
        assert status == "ok", reason

sr, probes, portion, *folders = sys.argv[1:]
loop.PORTION_PIXELS, pipeline.BLOCK_PIXELS = int(portion), int(portion) // 4
changes = {"recognizers": {}, "pairs": [], "probes": probes.split(), "flow": "dis"}
benchmark = load_benchmark("mini-2").model_copy(update=changes)
registry = load_registry()
for name in sr.split(","):
    resolve_import(registry.get(SRMethodSpec, name).factory)

def peak(data):
    request = Request(benchmark, sr=sr, data=data, device="cpu")
    context = open_context(request, registry)
    with open_run(data / "run") as folder:
        record_start(context, request, folder)
        execute(context, request, folder, registry, Strict())
    [found] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(found.split()[1]) / 1024

for data in map(Path, folders):  # each in a process of its own, which need not import all again
    child = os.fork()
    if child == 0:
        print("peak", peak(data), flush=True)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
"""


def test_the_frames_around_stay_within_the_clip() -> None:
    assert around([0, 5, 9], 1, 10) == [0, 1, 4, 5, 6, 8, 9]
    assert around([5, 0, 5], 0, 10) == [0, 5]
    assert around([5], 3, 7) == [2, 3, 4, 5, 6]
    assert around([5], None, 7) == list(range(7))
    assert around([], 3, 7) == []


def test_the_widest_radius_is_the_whole_clip_where_one_needs_it() -> None:
    assert widest([0, 3, 1]) == 3 and widest([]) == 0
    assert widest([0, None, 3]) is None


def test_methods_declare_their_radius() -> None:
    network = torch.nn.Identity()
    given = {"scale": 1, "device": CPU}
    assert temporal_radius(Bicubic(**given)) == 0 == temporal_radius(FrameNetwork(network, **given))
    assert temporal_radius(WindowNetwork(network, radius=3, **given)) == 3
    assert temporal_radius(ClipNetwork(network, **given)) is None

    class Unknown(Bicubic):
        temporal_radius = None  # type: ignore[assignment]

    assert temporal_radius(Unknown(**given)) is None
    for wrong in (-1, 1.5, "3"):
        Unknown.temporal_radius = wrong  # type: ignore[assignment]
        with pytest.raises(ContractError, match="expected a whole number from 0"):
            temporal_radius(Unknown(**given))


def test_a_store_gives_back_what_was_put_in_rounded_to_8_bits() -> None:
    frames = synthetic_clip(6, 8, 12) * 1.4 - 0.2
    store = FrameStore((8, 12), CPU)
    store.put([1, 2], frames[1:3])
    store.put([4, 5], frames[4:])
    assert torch.equal(store([5, 1, 5]), round_to_8_bits(frames[[5, 1, 5]]))
    store.keep(lambda frame: frame != 2)
    assert torch.equal(store([4, 1]), round_to_8_bits(frames[[4, 1]]))
    assert store([]).shape == (0, 3, 8, 12)
    with pytest.raises(ContractError, match=r"asked for frames \[0, 2\] of a clip"):
        store([0, 1, 2])


def peaks_mib(folder: Path, lengths: Sequence[int], size: tuple[int, int], *arguments: str) -> list[float]:
    """Peak memory of runs over a clip of so many frames of (height, width), each in its own process."""
    data = [write_clip(folder / str(frames), frames, size) for frames in lengths]
    command = [sys.executable, "-c", RUN, *arguments, *map(str, data)]
    environment = {**os.environ, **RETURNED_AT_ONCE}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return [float(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("peak")]


def write_clip(folder: Path, frames: int, size: tuple[int, int]) -> Path:
    """A data folder with one clip, at 25 frames a second."""
    (folder / "test").mkdir(parents=True)
    picture = (synthetic_clip(1, *size)[0].permute(1, 2, 0) * 255).byte().numpy()
    moving = (np.roll(picture, shift, axis=1) for shift in range(frames))
    write_video(folder / "test" / "a.mp4", moving, 25, codec="mpeg4", pixel_format="yuv420p", options={"threads": "1"})
    (folder / "classes.txt").write_text("only\n")
    (folder / "test.csv").write_text(f"id,path,label,group,num_frames\na,test/a.mp4,0,g,{frames}\n")
    return folder


@pytest.mark.slow
def test_a_long_clip_takes_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    given = ((240, 320), "hr,bicubic,srresnet,duf16", "psnr_y:samples=4 temporal_consistency:samples=2", str(1 << 24))
    short, long = peaks_mib(tmp_path, (100, 1500), *given)
    assert long < short + BOUND_MIB


@pytest.mark.slow
def test_nor_does_one_of_which_every_frame_is_looked_at(tmp_path: Path) -> None:
    """In portions of 60 frames; if all were kept, each would take 0.2 MiB with its flow."""
    given = ((72, 96), "bicubic", "psnr_y flow_quality temporal_consistency", str(60 * 72 * 96))
    short, long = peaks_mib(tmp_path, (120, 360), *given)
    assert long < short + BOUND_MIB / 2
