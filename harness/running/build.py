"""Declarations to live objects: the only place where factories are called."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from harness.contracts import Degradation, FlowEstimator, Probe, SRMethod
from harness.imports import resolve_import
from harness.planning.benchmark import Benchmark
from harness.planning.cells import Part
from harness.planning.resolving import resolved_degradation, resolved_flow
from harness.registry import Registry
from harness.specs import RecognizerSpec
from harness.weights.catalogue import installed_path


def pick_device(name: str) -> torch.device:
    """``auto`` is the first CUDA device, or the CPU where there is none."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(name)


def build_degradation(benchmark: Benchmark, registry: Registry) -> Degradation | None:
    """The benchmark's degradation; None for clips that are low-resolution by nature."""
    if not benchmark.has_hr:
        return None
    spec, options = resolved_degradation(benchmark, registry)
    degradation: Degradation = resolve_import(spec.factory)(**options)
    return degradation


def build_flow(benchmark: Benchmark, registry: Registry, device: torch.device) -> FlowEstimator:
    spec, options = resolved_flow(benchmark, registry)
    estimator: FlowEstimator = resolve_import(spec.factory)(device=device, **options)
    return estimator


def build_method(part: Part, scale: int, device: torch.device) -> SRMethod:
    """An SR method with its checkpoint; a file given by an option ``weights`` takes the checkpoint's place."""
    options = dict(part.options)
    own = options.pop("weights", None)
    weights = Path(str(own)).expanduser() if own else _path(part)
    method: SRMethod = resolve_import(part.spec.factory)(scale=scale, device=device, weights=weights, **options)
    return method


def build_probe(part: Part, scale: int, classes: Sequence[str], device: torch.device) -> Probe:
    """A probe; a recogniser's stream is wrapped as one."""
    factory = resolve_import(part.spec.factory)
    if not isinstance(part.spec, RecognizerSpec):
        probe: Probe = factory(scale=scale, **part.options)
        return probe
    from harness.probes.recognizer import StreamProbe

    options = {**part.options, "stream": part.stream}
    return StreamProbe(factory(class_names=classes, device=device, weights=_path(part), **options))


def count_parameters(method: SRMethod) -> int:
    """Parameters of the network a method keeps in `network`; 0 where there is none."""
    network = getattr(method, "network", None)
    return sum(p.numel() for p in network.parameters()) if isinstance(network, torch.nn.Module) else 0


def _path(part: Part) -> Path | None:
    return installed_path(part.weights) if part.weights else None
