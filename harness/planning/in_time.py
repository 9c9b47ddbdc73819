"""Which methods fit a benchmark in time: frames that it drops have to be made, or to be left out on purpose."""

from __future__ import annotations

from harness.errors import UsageError
from harness.planning.benchmark import Benchmark
from harness.planning.cells import Part
from harness.planning.resolving import resolve_part
from harness.registry import Registry
from harness.specs import DegradationSpec, SRMethodSpec


def drops_frames(benchmark: Benchmark, registry: Registry) -> bool:
    """Whether there are fewer LR than HR frames. Raises what `resolve_part` raises."""
    return benchmark.has_hr and resolve_part(DegradationSpec, benchmark.degradation, registry).spec.drops_frames


def fits_alone(spec: SRMethodSpec, *, dropped: bool) -> bool:
    """Whether a method needs no other one for the frames between."""
    return spec.source != "lr" or spec.interpolates == dropped


def fillers(registry: Registry) -> list[str]:
    """Names of what makes frames between and does not enlarge."""
    known = registry.all(SRMethodSpec)
    return sorted(name for name, spec in known.items() if spec.interpolates and spec.scales == (1,))


def refuse_bare_floor(benchmark: Benchmark, floor: SRMethodSpec, registry: Registry) -> None:
    """Raise `UsageError` if frames are dropped and the floor, whose last step this is, makes none."""
    choices = fillers(registry)
    if choices and not fits_alone(floor, dropped=True):
        raise UsageError(
            f"benchmark {benchmark.name} drops frames, and its floor {benchmark.floor} makes none; its file has to "
            f"name one that does, such as floor: {benchmark.floor}|{choices[0]}"
        )


def refuse_unfit(part: Part[SRMethodSpec], registry: Registry, where: str, *, dropped: bool) -> None:
    """Raise `UsageError` for a method that leaves dropped frames unmade, or fills in where none were dropped.

    `where` says whose frames they are, for instance ``benchmark mini-2``.
    """
    *before, last = (step.spec for step in part.steps)
    early = next((spec.name for spec in before if spec.interpolates), None)
    if early is not None:
        raise UsageError(f"{part.label}: {early} makes frames between, and has to be the last step")
    if fits_alone(last, dropped=dropped):
        return
    if dropped:
        choices = [f"'{last.name}|{name}'" for name in fillers(registry)]
        advice = f"add a filler: {', '.join(choices)}" if choices else "install a plugin with a filler"
        raise UsageError(f"{part.label}: {where} drops frames, and {last.name} makes none; {advice}")
    raise UsageError(f"{part.label}: {last.name} makes frames between others, and {where} drops none; leave it out")
