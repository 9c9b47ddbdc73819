"""Live objects of a plan, with their types; the factories are called by `harness.planning.building`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from harness.contracts import Degradation, FlowEstimator, Probe, SRMethod
from harness.errors import UsageError
from harness.methods import FrameNetwork
from harness.planning.building import Given, build
from harness.planning.cells import Part
from harness.planning.computing import FULL
from harness.running.compiling import compile_network
from harness.running.guarding import guarded, hand_over
from harness.running.in_steps import InSteps
from harness.running.precision import halve_method, halve_recognizer
from harness.specs import DegradationSpec, FlowSpec, NetworkSpec, RecognizerSpec, Spec, SRMethodSpec


def pick_device(name: str) -> torch.device:
    """``auto`` is the first CUDA device, or the CPU if there is none."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(name)


def build_degradation(part: Part[DegradationSpec]) -> Degradation:
    """A degradation."""
    degradation: Degradation = _built(part, Given())
    return degradation


def build_flow(part: Part[FlowSpec], device: torch.device) -> FlowEstimator:
    """A flow estimator."""
    estimator: FlowEstimator = _built(part, Given(device=device))
    return estimator


def build_method(part: Part[SRMethodSpec], scale: int, device: torch.device) -> SRMethod:
    """An SR method with its checkpoint, or its steps with theirs, which compute as their parts say.

    Raises `UsageError` for a network that cannot compute so.
    """
    steps = [_build_step(step, step.scale or scale, device) for step in part.steps]
    return InSteps(steps, interpolates=part.steps[-1].spec.interpolates) if len(steps) > 1 else steps[0]


def _build_step(part: Part[SRMethodSpec], scale: int, device: torch.device) -> SRMethod:
    method: SRMethod = _built(part, Given(scale=scale, device=device))
    if part.computing.precision != FULL:
        halve_method(method, part.computing.precision, device)
    if part.computing.tile is not None:
        if not isinstance(method, FrameNetwork):
            raise UsageError(f"--tile: {part.label} is none of the classes of harness.methods, which know tiles")
        method.tile = part.computing.tile
    if part.computing.compiled:
        compile_network(method)
    return method


def build_probe(part: Part[NetworkSpec], scale: int, classes: Sequence[str], device: torch.device) -> Probe:
    """A probe; a recogniser's stream is wrapped as one."""
    from harness.probes.recognizer import StreamProbe

    built = _built(part, Given(scale=scale, device=device, classes=classes))
    if part.computing.compiled:
        compile_network(built)
    if isinstance(part.spec, RecognizerSpec):
        halve = part.computing.precision != FULL
        return StreamProbe(halve_recognizer(built, part.computing.precision, device) if halve else built)
    probe: Probe = built
    return probe


def count_parameters(method: SRMethod) -> int:
    """Parameters of the network a method keeps in `network`; 0 if there is none."""
    with guarded(method):
        network = getattr(method, "network", None)
        return sum(p.numel() for p in network.parameters()) if isinstance(network, torch.nn.Module) else 0


def _built(part: Part[Spec], given: Given) -> Any:
    with guarded(part):
        live = build(part, given)
    hand_over(part, live)
    return live
