"""From a declaration to its contract: build what it names, with every checkpoint that is here, and check it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from harness.checks.base import Check, describe
from harness.checks.dataset import check_dataset
from harness.checks.declaration import check_declaration
from harness.checks.degradation import check_degradation
from harness.checks.flow import check_flow
from harness.checks.probe import check_probe
from harness.checks.recognizer import check_recognizer
from harness.checks.sr_method import check_sr_method
from harness.choice import Choice, all_options, own_file
from harness.config import data_folder
from harness.errors import WeightsError, WeightsMissingError
from harness.imports import resolve_import
from harness.planning.cells import Part
from harness.planning.plan import chosen_streams
from harness.planning.resolving import open_named
from harness.registry import Registry
from harness.running.build import build_method
from harness.specs import (
    NO_OPTIONS,
    DatasetSpec,
    DegradationSpec,
    FlowSpec,
    OptionValue,
    ProbeSpec,
    RecognizerSpec,
    Spec,
    SRMethodSpec,
    Weights,
)
from harness.weights.catalogue import how_to_get_some, installed_path

Section = tuple[str, list[Check]]
Contract = Callable[[Any, "Setting"], Iterator[Section]]
SOME_CLASSES = tuple(f"class_{index}" for index in range(10))


@dataclass(frozen=True)
class Setting:
    """What everything is built with. `options` override the declared ones."""

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
    """Check a declaration and what it builds with `options`; yields a title and its checks as they are done.

    A network is checked once for every checkpoint that fits `scale` and is installed; it fails where none is.
    """
    yield "declaration", check_declaration(spec)
    contract = CONTRACTS.get(type(spec))
    if contract is None:
        return
    try:
        yield from contract(spec, Setting(registry, scale, torch.device(device), options))
    except WeightsError as error:
        missing = isinstance(error, WeightsMissingError)
        yield "weights", [Check("weights are installed", False, describe(error), missing)]
    except Exception as error:  # a plugin's factory: what it raises is the finding, and is shown
        yield "build", [Check("factory can be called", False, describe(error))]


def fitting_weights(
    spec: SRMethodSpec | RecognizerSpec, setting: Setting, stream: str | None
) -> Sequence[Weights | None]:
    """The checkpoints to check with; None where none is needed, or an option names a file.

    Raises `WeightsMissingError` where weights are needed and none is installed, `WeightsError` for broken ones.
    """
    if not spec.needs_weights or own_file(_options(spec, setting)):
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


def _sr_method(spec: SRMethodSpec, setting: Setting) -> Iterator[Section]:
    scale, device = setting.scale, setting.device
    if spec.scales is not None and scale not in spec.scales:
        known = ", ".join(map(str, spec.scales))
        yield f"x{scale}", [Check("scale", False, f"does scale {known}, not {scale}; give --scale {spec.scales[0]}")]
        return
    for weights in fitting_weights(spec, setting, None):
        method = build_method(_part(spec, setting, weights), scale, device)
        factor = 1 if spec.source == "hr" else scale
        yield _title(f"x{scale}", weights), check_sr_method(method, scale=factor, device=device)


def _recognizer(spec: RecognizerSpec, setting: Setting) -> Iterator[Section]:
    for stream in chosen_streams(spec, _options(spec, setting)):
        for weights in fitting_weights(spec, setting, stream):
            classes = _classes(spec, weights, setting.registry)
            recognizer = resolve_import(spec.factory)(
                class_names=classes,
                device=setting.device,
                weights=installed_path(weights, spec.name) if weights else None,
                **{**_part(spec, setting, weights).options, "stream": stream},
            )
            checks = check_recognizer(recognizer, stream=stream, num_classes=len(classes), device=setting.device)
            yield _title(stream, weights), checks


def _dataset(spec: DatasetSpec, setting: Setting) -> Iterator[Section]:
    yield (
        "data set",
        check_dataset(resolve_import(spec.factory)(root=data_folder(spec.name), **_options(spec, setting))),
    )


def _flow(spec: FlowSpec, setting: Setting) -> Iterator[Section]:
    estimator = resolve_import(spec.factory)(device=setting.device, **_options(spec, setting))
    yield "flow", check_flow(estimator, device=setting.device)


def _degradation(spec: DegradationSpec, setting: Setting) -> Iterator[Section]:
    options = {**_options(spec, setting), "scale": setting.scale}
    yield f"x{setting.scale}", check_degradation(resolve_import(spec.factory)(**options), scale=setting.scale)


def _probe(spec: ProbeSpec, setting: Setting) -> Iterator[Section]:
    probe = resolve_import(spec.factory)(scale=setting.scale, **_options(spec, setting))
    yield "probe", check_probe(probe, scale=setting.scale, columns=spec.columns)


CONTRACTS: dict[type[Spec], Contract] = {
    SRMethodSpec: _sr_method,
    RecognizerSpec: _recognizer,
    DatasetSpec: _dataset,
    FlowSpec: _flow,
    DegradationSpec: _degradation,
    ProbeSpec: _probe,
}


def _options(spec: Spec, setting: Setting) -> dict[str, OptionValue]:
    return {**spec.options, **setting.options}


def _part(spec: SRMethodSpec | RecognizerSpec, setting: Setting, weights: Weights | None) -> Part:
    implied = weights.options if weights else NO_OPTIONS
    choice = Choice(spec.name, tuple(setting.options.items()))
    return Part(spec.name, spec, all_options(choice, spec, implied), weights)


def _title(what: str, weights: Weights | None) -> str:
    return f"{what}, weights {weights.tag}" if weights else what


def _classes(spec: RecognizerSpec, weights: Weights | None, registry: Registry) -> Sequence[str]:
    """Classes of the data set that the checkpoint (or else the declared ones) saw; made ones where it is unknown."""
    trained_on = [w.trained_on for w in ([weights] if weights else spec.weights)]
    known = registry.all(DatasetSpec)
    found = next((known[name] for text in trained_on if (name := text.partition("/")[0]) in known), None)
    if found is None:
        return SOME_CLASSES
    return open_named(found.name, registry).classes
