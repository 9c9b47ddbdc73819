"""Training by several processes, one a GPU, that ``torchrun`` started; on the CPU through gloo."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
from torch import distributed

from harness_basicsr import compat  # noqa: F401  (before basicsr)

T = TypeVar("T")
PATIENCE = timedelta(days=2)
"""How long processes wait for the first one, which decodes the frames and finds the flow."""


@dataclass(frozen=True)
class World:
    """The processes of this training. `rank` is this one's number."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process prints, decodes and writes."""
        return self.rank == 0

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.size > 1:
            distributed.barrier()

    def lead_first(self, act: Callable[[], T]) -> T:
        """`act` in the first process, then in the others, which find the work done."""
        if self.leads:
            result = act()
            self.wait()
            return result
        self.wait()
        return act()


@contextmanager
def processes(device: torch.device) -> Iterator[World]:
    """The world that torchrun made, connected; or one process alone."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield World()
        return
    cuda = device.type == "cuda"
    if cuda:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group("nccl" if cuda else "gloo", timeout=PATIENCE)
    try:
        yield World(distributed.get_rank(), size)
    finally:
        distributed.destroy_process_group()


@contextmanager
def parallel_pipeline(world: World) -> Iterator[None]:
    """Let basicsr's pipeline train in processes that are connected already, with or without CUDA.

    `basicsr.utils.dist_util.init_dist` connects once a pipeline, so a second stage would fail, and it asks for a CUDA
    device; so does `BaseModel.model_to_device`.
    """
    if world.size == 1:
        yield
        return
    import basicsr.train as pipeline
    from basicsr.models.base_model import BaseModel
    from basicsr.utils import options

    before = options.init_dist, BaseModel.model_to_device, pipeline.build_dataset
    options.init_dist = lambda launcher, **more: None
    BaseModel.model_to_device = _to_device
    build = pipeline.build_dataset
    pipeline.build_dataset = lambda opt: build({**opt, "rank": world.rank, "world": world.size})
    try:
        yield
    finally:
        options.init_dist, BaseModel.model_to_device, pipeline.build_dataset = before


def _to_device(model: Any, network: torch.nn.Module) -> torch.nn.Module:
    options: Mapping[str, Any] = model.opt
    devices = [torch.cuda.current_device()] if model.device.type == "cuda" else None
    return torch.nn.parallel.DistributedDataParallel(
        network.to(model.device),
        device_ids=devices,
        find_unused_parameters=options.get("find_unused_parameters", False),
    )
