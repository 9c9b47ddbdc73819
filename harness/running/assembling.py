"""Builds what a loop over clips needs. What cannot be built fails the cells that need it, not the run."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence

from harness.planning.cells import Plan
from harness.running.build import build_degradation, build_flow, build_method, count_parameters
from harness.running.context import RunContext
from harness.running.events import Built, Event, Loading
from harness.running.frame_store import temporal_radius
from harness.running.guarding import contained
from harness.running.kept_flow import kept_flow
from harness.running.live import Assembly, LiveCell, LiveMethod, Note, no_note
from harness.running.telling import fail

Noting = Callable[[Sequence[LiveCell]], None]
"""Told which cells need what is built next."""


def assemble(
    plan: Plan, cells: Sequence[LiveCell], context: RunContext, note: Note = no_note
) -> Generator[Event, None, Assembly]:
    """Build everything, telling what is loaded and what failed; `note` is told before a part is built."""

    def noting(needing: Sequence[LiveCell]) -> None:
        note("", [live.cell.id for live in needing], False)

    built = Assembly()
    yield from _build_degradation(built, plan, cells, noting)
    yield from _build_flow(built, plan, cells, context, noting)
    yield from _build_probes(built, cells, context, noting)
    yield from _build_methods(built, plan, cells, context, noting)
    return built


def _build_degradation(built: Assembly, plan: Plan, cells: Sequence[LiveCell], noting: Noting) -> Iterator[Event]:
    if plan.degradation is None or all(live.failed for live in cells):
        return
    noting(cells)
    try:
        built.degradation = build_degradation(plan.degradation)
    except Exception as error:  # a plugin's factory; recorded with its traceback in every cell
        yield fail(cells, error)


def _build_flow(
    built: Assembly, plan: Plan, cells: Sequence[LiveCell], context: RunContext, noting: Noting
) -> Iterator[Event]:
    with_flow = [live for live in cells if live.cell.flow and not live.failed]
    if not with_flow:
        return
    noting(with_flow)
    yield Loading(plan.flow.label)
    try:
        built.flow = build_flow(plan.flow, context.device)
        built.hr_flow = kept_flow(built.flow, context.flow_cache, plan.flow, context.device)
    except Exception as error:  # a plugin's factory; recorded with its traceback in every cell it was for
        yield fail(with_flow, error)


def _build_probes(built: Assembly, cells: Sequence[LiveCell], context: RunContext, noting: Noting) -> Iterator[Event]:
    for part in {live.cell.probe.label: live.cell.probe for live in cells if not live.failed}.values():
        needing = [live for live in cells if live.cell.probe.label == part.label]
        noting(needing)
        yield Loading(part.label)
        try:
            built.probes[part.label] = context.probe(part)
        except Exception as error:  # a plugin's factory; recorded with its traceback in every cell it was for
            yield fail(needing, error)


def _build_methods(
    built: Assembly, plan: Plan, cells: Sequence[LiveCell], context: RunContext, noting: Noting
) -> Iterator[Event]:
    for part in {part.label: part for live in cells for part in live.cell.methods}.values():
        needing = [c for c in cells if not c.failed and part.label in [method.label for method in c.cell.methods]]
        if not needing:
            continue
        noting(needing)
        yield Loading(part.label)
        try:
            method = build_method(part, plan.benchmark.scale, context.device)
            with contained():
                radius = temporal_radius(method)
            params = count_parameters(method)
        except Exception as error:  # a plugin's factory; recorded with its traceback in every cell it was for
            yield fail(needing, error)
            continue
        alone = [live.cell for live in needing if len(live.cell.methods) == 1]
        yield Built(alone, params)
        built.methods.append(LiveMethod(part, method, needing, radius))
