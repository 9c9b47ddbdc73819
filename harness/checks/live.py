"""From a declaration to its contract: build what it names, with every installed checkpoint, and check it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

import torch

from harness.checks.base import Check, describe
from harness.checks.dataset import check_dataset
from harness.checks.declaration import check_declaration
from harness.checks.degradation import check_degradation
from harness.checks.flow import check_flow
from harness.checks.half import check_half_method, check_half_recognizer
from harness.checks.interpolator import check_interpolator
from harness.checks.probe import check_probe
from harness.checks.recognizer import check_recognizer
from harness.checks.report import check_report
from harness.checks.sr_method import check_sr_method
from harness.choice import Choice, all_options, own_file
from harness.errors import WeightsError, WeightsMissingError
from harness.leaderboard.reports import load_report
from harness.planning.building import Given, build
from harness.planning.cells import Part
from harness.planning.plan import chosen_streams
from harness.planning.resolving import absent, open_dataset
from harness.registry import Registry
from harness.specs import (
    NO_OPTIONS,
    DatasetSpec,
    DegradationSpec,
    FlowSpec,
    NetworkSpec,
    OptionValue,
    ProbeSpec,
    RecognizerSpec,
    ReportSpec,
    Spec,
    SRMethodSpec,
    Weights,
)
from harness.weights.catalogue import how_to_get_some, installed_path

S = TypeVar("S", bound=Spec)
N = TypeVar("N", bound=NetworkSpec)
Section = tuple[str, list[Check]]
Contract = Callable[[Any, "Setting"], Iterator[Section]]
SOME_CLASSES = 10


@dataclass(frozen=True)
class Setting:
    """What all objects are built with. `options` override the declared ones."""

    registry: Registry
    scale: int
    device: torch.device
    options: Mapping[str, OptionValue]


def check_declared(
    spec: Spec,
    registry: Registry,
    *,
    scale: int = 4,
    device: torch.device | str = "cpu",
    options: Mapping[str, OptionValue] = NO_OPTIONS,
) -> Iterator[Section]:
    """Check a declaration and what it builds with `options`; yields titles with their checks, as they are done.

    A network is checked once for every checkpoint that fits `scale` and is installed; it fails if there is none.
    """
    yield "declaration", check_declaration(spec)
    contract = CONTRACTS.get(type(spec))
    if contract is None:
        return
    if isinstance(spec, NetworkSpec) and (reason := absent(spec)):
        yield "packages", [Check("required packages are installed", False, reason, missing=True)]
        return
    try:
        yield from contract(spec, Setting(registry, scale, torch.device(device), options))
    except WeightsError as error:
        missing = isinstance(error, WeightsMissingError)
        yield "weights", [Check("weights are installed", False, describe(error), missing)]
    except Exception as error:  # a plugin's factory may raise anything; that is a finding, and is shown
        yield "build", [Check("factory can be called", False, describe(error))]


def fitting_weights(spec: NetworkSpec, setting: Setting, stream: str | None = None) -> Sequence[Weights | None]:
    """The checkpoints to check with; `[None]` if none is needed or an option names a file.

    Raises `WeightsMissingError` if weights are needed and none are installed, `WeightsError` for broken ones.
    """
    if not spec.needs_weights or own_file({**spec.options, **setting.options}):
        return [None]
    fitting = [w for w in spec.weights if w.scale in (None, setting.scale) and w.stream in (None, stream)]
    problems: list[WeightsError] = []
    usable: list[Weights] = []
    for weights in fitting:
        try:
            installed_path(weights, spec.name)
            usable.append(weights)
        except WeightsError as error:
            problems.append(error)
    if not usable:
        wanted = " ".join(filter(None, [f"x{setting.scale}", stream]))
        declared = f"{spec.name!r} declares no weights for {wanted}. {how_to_get_some(spec)}"
        absent = all(isinstance(problem, WeightsMissingError) for problem in problems)
        raise (WeightsMissingError if absent else WeightsError)("; ".join(map(str, problems)) or declared)
    return usable


def _networks(spec: N, setting: Setting, stream: str | None = None) -> Iterator[Part[N]]:
    """One part for every checkpoint to check with."""
    for weights in fitting_weights(spec, setting, stream):
        yield replace(_part(spec, setting, weights), stream=stream)


def _sr_method(spec: SRMethodSpec, setting: Setting) -> Iterator[Section]:
    setting = replace(setting, scale=1) if spec.scales == (1,) else setting  # a filler, which does no other
    scale, device = setting.scale, setting.device
    if spec.scales is not None and scale not in spec.scales:
        known = ", ".join(map(str, spec.scales))
        yield f"x{scale}", [Check("scale", False, f"does scale {known}, not {scale}; give --scale {spec.scales[0]}")]
        return
    for part in _networks(spec, setting):
        make = partial(build, part, Given(scale=scale, device=device))
        factor = 1 if spec.source == "hr" else scale
        checks = check_sr_method(make(), scale=factor, device=device)
        between = check_interpolator(make(), scale=scale, device=device) if spec.interpolates else ()
        halves = check_half_method(make, device, spec.half) if spec.needs_weights else ()
        yield _title(f"x{scale}", part), [*checks, *between, *halves]


def _recognizer(spec: RecognizerSpec, setting: Setting) -> Iterator[Section]:
    for stream in chosen_streams(spec, {**spec.options, **setting.options}):
        for part in _networks(spec, setting, stream):
            classes = classes_of(spec, part.weights, setting.registry)
            recognizer = build(part, Given(device=setting.device, classes=classes))
            checks = check_recognizer(recognizer, stream=stream, num_classes=len(classes), device=setting.device)
            halves = check_half_recognizer(recognizer, setting.device, spec.half) if spec.needs_weights else ()
            yield _title(stream, part), [*checks, *halves]


def _flow(spec: FlowSpec, setting: Setting) -> Iterator[Section]:
    for part in _networks(spec, setting):
        estimator = build(part, Given(device=setting.device))
        yield _title("flow", part), check_flow(estimator, device=setting.device)


def _probe(spec: ProbeSpec, setting: Setting) -> Iterator[Section]:
    for part in _networks(spec, setting):
        probe = build(part, Given(scale=setting.scale, device=setting.device))
        yield _title("probe", part), check_probe(probe, scale=setting.scale, columns=spec.columns)


def _dataset(spec: DatasetSpec, setting: Setting) -> Iterator[Section]:
    yield "data set", check_dataset(build(_part(spec, setting), Given()))


def _degradation(spec: DegradationSpec, setting: Setting) -> Iterator[Section]:
    scaled = replace(setting, options={**setting.options, "scale": setting.scale})
    degradation = build(_part(spec, scaled), Given())
    checks = check_degradation(degradation, scale=setting.scale, drops_frames=spec.drops_frames)
    yield f"x{setting.scale}", checks


def _report(spec: ReportSpec, setting: Setting) -> Iterator[Section]:
    yield "report", check_report(load_report(spec), spec.name, spec.view)


CONTRACTS: dict[type[Spec], Contract] = {
    SRMethodSpec: _sr_method,
    RecognizerSpec: _recognizer,
    DatasetSpec: _dataset,
    FlowSpec: _flow,
    DegradationSpec: _degradation,
    ProbeSpec: _probe,
    ReportSpec: _report,
}


def _part(spec: S, setting: Setting, weights: Weights | None = None) -> Part[S]:
    implied = weights.options if weights else NO_OPTIONS
    choice = Choice(spec.name, tuple(setting.options.items()))
    return Part(spec.name, spec, all_options(choice, spec, implied), weights)


def _title(what: str, part: Part[NetworkSpec]) -> str:
    return f"{what}, weights {part.weights.tag}" if part.weights else what


def classes_of(spec: RecognizerSpec, weights: Weights | None, registry: Registry) -> Sequence[str]:
    """Classes of the data set that the checkpoint (or else the declared ones) saw; made-up ones if it is unknown."""
    trained_on = [w.trained_on for w in ([weights] if weights else spec.weights)]
    known = registry.all(DatasetSpec)
    found = next((known[name] for text in trained_on if (name := text.partition("/")[0]) in known), None)
    if found is None:
        count = weights.num_classes if weights else 0
        return [f"class_{index}" for index in range(count or SOME_CLASSES)]
    return open_dataset(found.name, registry).classes
