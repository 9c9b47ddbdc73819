"""Flow of HR frames from a cache where there is one: every new method needs it again.

What the estimator makes of the pairs that it is handed together is kept in full, under a digest of everything that it
depends on, so that a run sees the same bits with a cache as without.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import EntryPoint
from typing import Any

import torch
from torch import Tensor

from harness.code import digest_of_entry
from harness.contracts import FlowEstimator
from harness.planning.cells import Part
from harness.running.environment import package_version, packages
from harness.running.flow_cache import FlowCache
from harness.specs import FlowSpec
from harness.video.frames import to_uint8

FORMAT = 1


class KeptFlow:
    """A flow estimator that asks a cache first. Implements `harness.contracts.FlowEstimator`.

    `facts` is what the flow depends on besides the frames, as JSON (`facts_of`). The frames must be in 8 bits, as those
    of HR clips are: they count by their content.
    """

    def __init__(self, estimator: FlowEstimator, cache: FlowCache, facts: Mapping[str, Any]) -> None:
        self._estimator = estimator
        self._cache = cache
        self._facts = json.dumps(facts, sort_keys=True)

    def flow(self, first: Tensor, second: Tensor) -> Tensor:
        """As the estimator's: two ``(N, 3, H, W)`` in [0, 1] to ``(N, 2, H, W)`` in pixels."""
        key = self._key(first, second)
        found = self._cache.get(key)
        if found is None:
            found = self._estimator.flow(first, second)
            self._cache.put(key, found)
        return found.to(first.device)

    def _key(self, first: Tensor, second: Tensor) -> str:
        digest = hashlib.sha256(f"{self._facts} {tuple(first.shape)}".encode())
        for frames in (first, second):
            digest.update(to_uint8(frames).tobytes())
        return digest.hexdigest()


def kept_flow(
    estimator: FlowEstimator, cache: FlowCache | None, part: Part[FlowSpec], device: torch.device
) -> FlowEstimator:
    """The estimator for HR frames: the one of `part` on `device`, behind the cache if there is one.

    Raises `UsageError` for a weights file that is gone.
    """
    return KeptFlow(estimator, cache, facts_of(part, device)) if cache else estimator


def facts_of(part: Part[FlowSpec], device: torch.device) -> dict[str, Any]:
    """Everything that flow depends on besides frames: options, weights and code of the estimator, packages, device.

    More than the identity of a cell, for another package or number of threads may change the last bits.
    """
    return {
        "format": FORMAT,
        "flow": part.identity(),  # with the code of a third party's plugin
        "code": None if part.code else digest_of_entry(EntryPoint(part.spec.name, part.spec.factory, "")),
        "packages": {name: package_version(name) for name in packages()},
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "threads": torch.get_num_threads(),
    }
