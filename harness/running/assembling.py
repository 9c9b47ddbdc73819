"""Builds what a loop over clips needs. What cannot be built fails the cells that need it, not the run."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field

from harness.contracts import Degradation, FlowEstimator, Probe
from harness.planning.cells import Plan
from harness.running.build import build_degradation, build_flow, build_method, count_parameters
from harness.running.context import RunContext
from harness.running.events import Built, Event, Loading
from harness.running.frame_store import temporal_radius
from harness.running.kept_flow import kept_flow
from harness.running.live import LiveCell, LiveMethod
from harness.running.telling import fail


@dataclass
class Assembly:
    """The live objects; None is what is not needed, or could not be built."""

    degradation: Degradation | None = None
    flow: FlowEstimator | None = None
    hr_flow: FlowEstimator | None = None
    probes: dict[str, Probe] = field(default_factory=dict)
    """One object a probe, shared by all methods, by label."""
    methods: list[LiveMethod] = field(default_factory=list)


def assemble(plan: Plan, cells: Sequence[LiveCell], context: RunContext) -> Generator[Event, None, Assembly]:
    """Build everything, telling what is loaded and what failed."""
    built = Assembly()
    yield from _build_degradation(built, plan, cells)
    yield from _build_flow(built, plan, cells, context)
    yield from _build_probes(built, cells, context)
    yield from _build_methods(built, plan, cells, context)
    return built


def _build_degradation(built: Assembly, plan: Plan, cells: Sequence[LiveCell]) -> Iterator[Event]:
    try:
        built.degradation = build_degradation(plan.degradation) if plan.degradation else None
    except Exception as error:  # a plugin's factory; recorded with its traceback in every cell
        yield fail(cells, error)


def _build_flow(built: Assembly, plan: Plan, cells: Sequence[LiveCell], context: RunContext) -> Iterator[Event]:
    with_flow = [live for live in cells if live.cell.flow and not live.failed]
    if not with_flow:
        return
    yield Loading(plan.flow.label)
    try:
        built.flow = build_flow(plan.flow, context.device)
        built.hr_flow = kept_flow(built.flow, context.flow_cache, plan.flow, context.device)
    except Exception as error:  # a plugin's factory; recorded with its traceback in every cell it was for
        yield fail(with_flow, error)


def _build_probes(built: Assembly, cells: Sequence[LiveCell], context: RunContext) -> Iterator[Event]:
    for part in {live.cell.probe.label: live.cell.probe for live in cells if not live.failed}.values():
        yield Loading(part.label)
        try:
            built.probes[part.label] = context.probe(part)
        except Exception as error:  # a plugin's factory; recorded with its traceback in every cell it was for
            yield fail([live for live in cells if live.cell.probe.label == part.label], error)


def _build_methods(built: Assembly, plan: Plan, cells: Sequence[LiveCell], context: RunContext) -> Iterator[Event]:
    for part in {part.label: part for live in cells for part in live.cell.methods}.values():
        needing = [c for c in cells if not c.failed and part.label in [method.label for method in c.cell.methods]]
        if not needing:
            continue
        yield Loading(part.label)
        try:
            method = build_method(part, plan.benchmark.scale, context.device)
            radius = temporal_radius(method)
        except Exception as error:  # a plugin's factory; recorded with its traceback in every cell it was for
            yield fail(needing, error)
            continue
        alone = [live.cell for live in needing if len(live.cell.methods) == 1]
        yield Built(alone, count_parameters(method))
        built.methods.append(LiveMethod(part, method, needing, radius))
