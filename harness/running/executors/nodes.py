"""What the nodes of a cluster have: versions, CUDA devices, the data folder. Needs the extra ``cluster``."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Mapping
from concurrent.futures import TimeoutError as Timeout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import one_line
from harness.running.environment import package_version

if TYPE_CHECKING:
    from ray import ObjectRef

PATIENCE = 120.0
"""Seconds that nodes may take to answer."""
COMPARED = ("harness-sr", "torch", "ray")
"""Packages that all nodes should have in one version."""


@dataclass(frozen=True)
class Node:
    """What one node has, or why it did not say so."""

    host: str
    versions: Mapping[str, str]
    """Of Python and of `COMPARED`; empty for one that is not installed."""
    cuda: tuple[str, ...] = ()
    """Names of its devices."""
    files: int | None = None
    """Files in the data folder; None if there is no such folder."""
    digest: str = ""
    """Of their names and sizes."""
    problem: str = ""


def look_at_nodes(address: str, data: Path | None) -> list[Node]:
    """Ask every node that is alive. Raises `HarnessError` if the cluster cannot be reached or Ray is not installed."""
    from harness.running.executors.cluster import connect

    connected = connect(address)
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy as Pinned

    try:
        asked: list[tuple[str, ObjectRef[Any]]] = []
        for node in ray.nodes():
            if node["Alive"]:
                pinned = Pinned(node["NodeID"], soft=False)
                task = ray.remote(num_cpus=0, scheduling_strategy=pinned, max_retries=0)(look_around)
                asked.append((node["NodeManagerHostname"], task.remote(str(data) if data else "")))
        return [_answer(host, answer) for host, answer in asked]
    finally:
        if connected:
            ray.shutdown()


def look_around(data: str) -> Node:
    """What this machine has. `data` may be empty."""
    import torch

    versions = {name: package_version(name) or "" for name in COMPARED}
    cards = tuple(torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count()))
    files, digest = _listed(Path(data)) if data else (None, "")
    return Node(platform.node(), {"Python": platform.python_version(), **versions}, cards, files, digest)


def _answer(host: str, answer: ObjectRef[Any]) -> Node:
    try:
        found: Node = answer.future().result(PATIENCE)
    except Timeout:
        return Node(host, {}, problem=f"did not answer within {PATIENCE:.0f} s")
    except Exception as error:  # whatever its Python raises, such as that the harness is not installed there
        return Node(host, {}, problem=one_line(error))
    return found


def _listed(folder: Path) -> tuple[int | None, str]:
    """The number of files in a folder, and a digest of their names and sizes."""
    if not folder.is_dir():
        return None, ""
    lines = [
        f"{path.relative_to(folder).as_posix()} {path.stat().st_size}"
        for root, _, names in os.walk(folder)
        for path in (Path(root, name) for name in names)
        if path.is_file()
    ]
    return len(lines), hashlib.sha256("\n".join(sorted(lines)).encode("utf-8", "surrogateescape")).hexdigest()
