"""The core names no plugin, nothing that a plugin declares, and no number that a probe yields."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import harness
from harness.hookspecs import PROJECT
from harness.registry import HOOKS, registry
from harness.specs import DatasetSpec, ProbeSpec, RecognizerSpec, SRMethodSpec

CORE = Path(harness.__file__).parent
CONSTANTS = "FLOOR", "CEILING", "DEFAULT_BENCHMARK", "DEFAULT_DEGRADATION"
"""Where the core says once which names it counts on."""
LEFT_OUT = ("EXAMPLES", *CONSTANTS)
ORDINARY = {
    "hr": "frames of high resolution",
    "bicubic": "a mode of interpolation",
    "nearest": "a mode of interpolation",
    "videos": "a word of messages",
    "files": "a word of messages",
    "hold": "a word of messages",
}
"""Names that mean something else as well; of these only ``NAME:option`` is looked for."""


def plugin_packages() -> set[str]:
    own = registry().builtin
    return {entry.value.partition(".")[0] for entry in entry_points(group=PROJECT) if entry.name in own}


def declared_names() -> dict[str, set[str]]:
    """Names of methods, recognisers and data sets and keys of probes, to the modules that may say them: their own."""
    found, names = registry(), dict[str, set[str]]()
    for kind in (SRMethodSpec, RecognizerSpec, DatasetSpec):
        for spec in found.all(kind).values():
            if found.owners[kind, spec.name] in found.builtin:
                names.setdefault(spec.name, set()).add(spec.factory.partition(":")[0])
    for probe in found.all(ProbeSpec).values():
        for column in probe.columns:
            names.setdefault(column.key, set()).add(probe.factory.partition(":")[0])
    return names


def said(text: str) -> Iterator[tuple[int, str]]:
    """Strings and imported modules of a source text with their lines, without comments, docstrings and `LEFT_OUT`."""
    tree = ast.parse(text)
    silent = {id(inner) for node in ast.walk(tree) if _is_left_out(node) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
            yield node.lineno, node.value
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module or ""


def _is_left_out(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if not isinstance(node, ast.Assign):
        return False
    named = {inner.id for target in node.targets for inner in ast.walk(target) if isinstance(inner, ast.Name)}
    return bool(named) and named <= set(LEFT_OUT)


def names_in(text: str, module: str, packages: set[str], names: Mapping[str, set[str]]) -> list[str]:
    """What a source text says that it should not, as ``line: name``."""
    wanted = {package: rf"\b{package}\b" for package in packages}
    for name, own in names.items():
        if module not in own:
            wanted[name] = rf"(?<![\w-]){re.escape(name)}" + (r":\w" if name in ORDINARY else r"(?![\w-])")
    return [
        f"{line}: {name}"
        for line, words in said(text)
        if words not in HOOKS.values()  # one is called like a plugin
        for name, pattern in wanted.items()
        if re.search(pattern, words)
    ]


@pytest.mark.parametrize("file", sorted(CORE.rglob("*.py")), ids=lambda file: str(file.relative_to(CORE)))
def test_the_core_names_nobody(file: Path) -> None:
    module = ".".join(file.relative_to(CORE.parent).with_suffix("").parts)
    assert names_in(file.read_text("utf-8"), module, plugin_packages(), declared_names()) == []


@pytest.mark.parametrize(
    "planted",
    [
        "import harness_basicsr.compat",
        "from harness_mmaction import tsn",
        'CURE = "harness_basicsr.compat:alias"',
        'if method == "sosr": pass',
        'print(f"train it: harness train {name} --benchmark mini-2")',
        'KEYS = {"psnr_y": 2}',
        'help(text="for methods that take any (sosr, tosr)")',
        'name = f"bicubic:scale={scale}"',
        'DEFAULT = ["tsn.spatial"]',
    ],
)
def test_a_name_in_the_core_would_be_found(planted: str) -> None:
    assert names_in(planted, "harness.planted", plugin_packages(), declared_names())


@pytest.mark.parametrize(
    "harmless",
    [
        '"""Such as sosr and psnr_y."""',
        "x = 1  # as harness_basicsr does",
        'EXAMPLES = """harness run --sr sosr"""',
        'FLOOR, CEILING = "bicubic", "hr"',
        'DEFAULT_BENCHMARK = "mini-2"',
        'interpolate(x, mode="bicubic")',
        'print("a folder of videos")',
        'HOOKS = {DatasetSpec: "harness_datasets"}',
        'minimal = "harness_run_started"',
    ],
)
def test_what_is_no_name_is_left_alone(harmless: str) -> None:
    assert names_in(harmless, "harness.planted", plugin_packages(), declared_names()) == []


def test_a_probe_may_say_what_it_yields() -> None:
    names = declared_names()
    assert not names_in('KEY = "psnr_y"', "harness.probes.quality", set(), names)
    assert names_in('KEY = "psnr_y"', "harness.probes.temporal", set(), names)


def test_there_is_something_to_look_for() -> None:
    assert {"harness_basicsr", "harness_mini", "harness_datasets"} <= plugin_packages()
    assert {"sosr", "tsn", "ucf101", "flow_epe"} <= declared_names().keys()
