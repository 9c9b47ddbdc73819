"""SR methods, alone or in steps ``a|b``: the second restores what the first made of a clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from harness.choice import Choice
from harness.errors import UsageError
from harness.planning.cells import Part
from harness.planning.computing import Computing
from harness.planning.resolving import resolve_part, with_weights
from harness.planning.views import refuse_one_view
from harness.registry import Registry
from harness.specs import CEILING, FLOOR, OFFICIAL, SRMethodSpec

if TYPE_CHECKING:
    from harness.weights.catalogue import Tags

P = TypeVar("P", bound="Part[Any]")


def unweighted(choice: Choice, registry: Registry) -> Part[SRMethodSpec]:
    """The part behind a choice of one method or of several steps, without checkpoints; its label names all steps.

    Raises what `resolve_part` raises, and `UsageError` for the ceiling, or a method of two views, as a step.
    """
    parts = [resolve_part(SRMethodSpec, step, registry) for step in choice.steps]
    label = choice.label or "|".join(part.label for part in parts)
    if len(parts) > 1 and any(part.spec.source == "hr" for part in parts):
        raise UsageError(f"{label}: {CEILING} restores nothing; steps are methods that are given LR frames")
    if len(parts) > 1:
        for part in parts:
            refuse_one_view(part, f"the steps of {label} are given one")
    return replace(_chained(parts), label=label)


def restoring_part(choice: Choice, registry: Registry, scale: int, tags: Tags | None) -> Part[SRMethodSpec]:
    """The part with a checkpoint of the first of these tags for each step, or with what is `missing`.

    Without tags it is the first checkpoint that is installed. In steps, each enlarges by as much as it can if the
    others can do the rest (`factorings`) and all have checkpoints.
    """
    whole = unweighted(choice, registry)
    ways = [_enlarging(whole, found, tags) for found in factorings([step.spec for step in whole.steps], scale)]
    if not ways:
        return replace(whole, missing=_scales(whole, scale))
    return next((way for way in ways if not way.missing), ways[0])


def _enlarging(whole: Part[SRMethodSpec], by: Sequence[int], tags: Tags | None) -> Part[SRMethodSpec]:
    """Steps that enlarge by so much each, with their checkpoints."""
    from harness.weights.catalogue import every_tag

    parts = [
        with_weights(step, every_tag(step.spec, factor) or [OFFICIAL] if tags is None else tags, scale=factor)
        for step, factor in zip(whole.steps, by, strict=True)
    ]
    if len(parts) > 1:
        parts = [replace(part, scale=factor) for part, factor in zip(parts, by, strict=True)]
    missing = next((part.missing for part in parts if part.missing), None)
    return replace(_chained(parts), label=whole.label, missing=missing)


def computed(part: P, computing: Computing, device: str) -> P:
    """The part, and the steps after it, with how its network is to compute on a kind of device."""
    then = computed(part.then, computing, device) if part.then else None
    return replace(part, computing=computing.of(part.spec, device), then=then)


def factorings(specs: Sequence[SRMethodSpec], scale: int) -> list[tuple[int, ...]]:
    """What each step may enlarge by so that all together do `scale`; first those where the first does most."""
    first, *rest = specs
    own = [n for n in range(scale, 0, -1) if scale % n == 0 and (first.scales is None or n in first.scales)]
    if not rest:
        return [(scale,)] if scale in own else []
    return [(n, *others) for n in own for others in factorings(rest, scale // n)]


def _chained(parts: Sequence[Part[SRMethodSpec]]) -> Part[SRMethodSpec]:
    first, *rest = parts
    return replace(first, then=_chained(rest)) if rest else first


def _scales(part: Part[SRMethodSpec], scale: int) -> str:
    """Why a method or steps cannot do a scale."""
    if part.then is not None:
        return f"its steps cannot do scale {scale} together"
    known = part.spec.scales or ()
    advice = f"; 'NAME|{FLOOR}' does it in two steps" if any(scale % factor == 0 for factor in known) else ""
    return f"does scale {', '.join(map(str, known))}, not {scale}{advice}"
