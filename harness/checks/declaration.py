"""What can be checked of a declaration by importing alone, without building anything."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass

from harness.checks.base import Check, Test, expect, run_tests
from harness.choice import known_options
from harness.errors import ContractError
from harness.imports import resolve_import
from harness.specs import (
    METHODS_NEEDED,
    OWN_FILES,
    PAGE,
    STREAMS,
    VIEWS,
    DegradationSpec,
    NetworkSpec,
    RecognizerSpec,
    ReportSpec,
    Spec,
    SRMethodSpec,
    Weights,
)
from harness.weights.packages import parse_package_file

RESERVED = ("all",)
SOURCES = ("lr", "hr", "elsewhere")


def check_declaration(spec: Spec) -> list[Check]:
    """Check a declaration: name, licence, options, import strings, weights. Resolves its factory."""
    contract = _Contract(spec)
    tests: list[tuple[str, Test]] = [
        ("name", contract.name),
        ("summary", contract.summary),
        ("licence", contract.licence),
        ("factory", contract.factory),
    ]
    if isinstance(spec, NetworkSpec):
        tests += [("weights", contract.weights), ("trainer", contract.trainer)]
    if isinstance(spec, SRMethodSpec):
        tests.append(("scales", contract.scales))
    if isinstance(spec, RecognizerSpec):
        tests.append(("streams", contract.streams))
    if isinstance(spec, DegradationSpec):
        tests += [("option scale", contract.has_scale), ("severities", contract.severities)]
    return run_tests(tests)


@dataclass
class _Contract:
    spec: Spec

    def name(self) -> str:
        name = self.spec.name
        fits = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name) and name not in RESERVED
        expect(bool(fits), f"{name!r}: letters, digits, _ and - only (`+ : , =` have a meaning), and not `all`")
        return name

    def summary(self) -> str:
        text = self.spec.summary
        expect(bool(text.strip()) and "\n" not in text, "a summary is one line that says what it is")
        return text

    def licence(self) -> str:
        expect(bool(self.spec.licence.strip()), "no licence; name the code's licence, such as MIT")
        return self.spec.licence

    def factory(self) -> str:
        found = resolve_import(self.spec.factory)
        expect(callable(found), f"{self.spec.factory} is not callable")
        if isinstance(self.spec, ReportSpec):
            _expect_report(found, self.spec)
        else:
            _expect_accepts(found, [*self.spec.keywords, *self.spec.options])
        return self.spec.factory

    def weights(self) -> str:
        assert isinstance(self.spec, NetworkSpec)
        for weights in self.spec.weights:
            _expect_complete(weights, self.spec)
        own = [name for name in OWN_FILES if name in self.spec.options]
        expect(
            bool(self.spec.weights or own or not self.spec.needs_weights),
            f"needs weights but declares none and has no option {' or '.join(f'`{name}`' for name in OWN_FILES)}",
        )
        return f"{len(self.spec.weights)} declared"

    def trainer(self) -> str:
        assert isinstance(self.spec, NetworkSpec)
        if self.spec.trainer is None:
            return "none"
        expect(callable(resolve_import(self.spec.trainer)), f"{self.spec.trainer} is not callable")
        return self.spec.trainer

    def scales(self) -> str:
        assert isinstance(self.spec, SRMethodSpec)
        expect(self.spec.source in SOURCES, f"source {self.spec.source!r}; expected one of {', '.join(SOURCES)}")
        expect(self.spec.interpolates or not self.spec.at_lr_rate, "at_lr_rate=True is for what says interpolates=True")
        scales = self.spec.scales
        expect(scales is None or (bool(scales) and min(scales) >= 1), f"scales {scales}; expected whole numbers from 1")
        return "any" if scales is None else ", ".join(f"x{scale}" for scale in scales)

    def streams(self) -> str:
        assert isinstance(self.spec, RecognizerSpec)
        streams = self.spec.streams
        good = bool(streams) and len(set(streams)) == len(streams) and set(streams) <= set(STREAMS)
        expect(good, f"streams {streams}; expected some of {STREAMS}, each once")
        return ", ".join(streams)

    def has_scale(self) -> str:
        scale = self.spec.options.get("scale")
        expect(isinstance(scale, int), f"option `scale` is {scale!r}; every degradation needs it as a whole number")
        return f"x{scale}"

    def severities(self) -> str:
        assert isinstance(self.spec, DegradationSpec)
        usual = self.spec.options.get("severity")
        expect(
            not self.spec.severities or usual == 0,
            f"has severities, but option `severity` is {usual!r}; it needs a default of 0, which stands for none",
        )
        return str(self.spec.severities or "none")


def _expect_report(render: Callable[..., object], spec: ReportSpec) -> None:
    """Raise `ContractError` unless `render` can be called with a leaderboard, a run and what its view needs."""
    expect(spec.view in VIEWS, f"view {spec.view!r}; expected one of {', '.join(VIEWS)}")
    count = METHODS_NEEDED.get(spec.view, 0)
    expect(not (spec.default and count), f"view {spec.view!r} needs methods, which a run cannot choose; no `default`")
    arguments = ("board", "run", *(f"method{place}" for place in range(1, count + 1)))
    if spec.view == PAGE:
        expect(not spec.default, f"view {spec.view!r} is written by harness report, not by every run; no `default`")
        arguments = (*arguments, "pictures")
    try:
        inspect.signature(render).bind(*arguments)
    except TypeError as error:
        raise ContractError(f"it is called as render({', '.join(arguments)}), which does not fit: {error}") from None


def _expect_accepts(factory: object, names: list[str]) -> None:
    """Raise `ContractError` unless the factory can be called with the keywords `names`."""
    try:
        parameters = inspect.signature(factory).parameters.values()  # type: ignore[arg-type]
    except ValueError:  # some builtins have no signature; building shows whether it works
        return
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return
    usable = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    known = {parameter.name for parameter in parameters if parameter.kind in usable}
    refused = [name for name in names if name not in known]
    expect(not refused, f"it does not take the keyword(s) {', '.join(refused)}")
    needed = {p.name for p in parameters if p.default is p.empty and p.kind in usable} - set(names)
    expect(not needed, f"it needs {', '.join(sorted(needed))}, which it is not given; declare them as options")


def _expect_complete(weights: Weights, spec: Spec) -> None:
    """Raise `ContractError` unless a checkpoint says where and what it is, and under what licence."""
    where = f"weights {weights.tag!r}"
    places = [place for place in (weights.file, weights.path, weights.remote) if place]
    expect(len(places) == 1, f"{where}: give `file`, or one or both of `url` and `package`")
    if weights.package is not None:
        parse_package_file(weights.package)
    if weights.convert is not None:
        resolve_import(weights.convert)
    expect(bool(re.fullmatch(r"[0-9a-fA-F]{64}", weights.sha256)), f"{where}: sha256 is not 64 hexadecimal digits")
    expect(bool(weights.trained_on.strip()), f"{where}: trained_on is blank; name the data: DATASET/SPLIT, or words")
    expect(bool(weights.licence.strip()), f"{where}: no licence")
    unknown = sorted(set(weights.options) - set(known_options(spec, weights.options)))
    expect(not unknown, f"{where}: implies options that are not declared: {', '.join(unknown)}")
