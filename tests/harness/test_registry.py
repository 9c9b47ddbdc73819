"""The plugin system: what is found, and what happens if a plugin is wrong."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest
from pluggy import PluginValidationError

from harness.errors import PluginError, ReplacedError, UnknownNameError
from harness.hookspecs import hookimpl
from harness.imports import resolve_import
from harness.registry import HOOKS, Registry, load_registry, new_registry, registry
from harness.specs import DegradationSpec, FlowSpec, ProbeSpec, Spec, SRMethodSpec

HEADER = "from harness.hookspecs import hookimpl\nfrom harness.specs import *\n\n"
GOOD = HEADER + "@hookimpl\ndef harness_sr_methods():\n    yield SRMethodSpec('mine', 'a method', 'nowhere:build')\n"


def plugin(*specs: Spec, hook: str = "harness_sr_methods") -> ModuleType:
    module = ModuleType("made")

    def declare() -> list[Spec]:
        return list(specs)

    vars(module)[hook] = hookimpl(specname=hook)(declare)
    return module


def method(name: str) -> SRMethodSpec:
    return SRMethodSpec(name, "a method", "nowhere:build")


@pytest.fixture
def empty() -> Registry:
    return new_registry()


def test_everything_declared_is_found_by_kind_and_name(empty: Registry) -> None:
    empty.register(plugin(method("b"), method("a")), "first")
    flow = FlowSpec("a", "flow of the same name", "nowhere:build")
    empty.register(plugin(flow, hook="harness_flows"), "second")
    assert list(empty.all(SRMethodSpec)) == ["a", "b"]
    assert empty.get(FlowSpec, "a") is flow
    assert empty.owners[SRMethodSpec, "a"] == "first" and empty.owners[FlowSpec, "a"] == "second"


def test_an_unknown_name_gets_a_suggestion(empty: Registry) -> None:
    empty.register(plugin(method("bicubic"), method("nearest")), "first")
    with pytest.raises(UnknownNameError, match=r"unknown SR method 'bicubik'\. Did you mean 'bicubic'\?"):
        empty.get(SRMethodSpec, "bicubik")
    with pytest.raises(UnknownNameError, match=r"unknown SR method 'xyz'\. Known: bicubic, nearest\."):
        empty.get(SRMethodSpec, "xyz")


def test_a_name_that_is_gone_leads_to_what_took_its_place(empty: Registry) -> None:
    empty.register(plugin(replace(method("newer"), replaces=("older", "oldest"))), "first")
    for name in ("older", "oldest"):
        with pytest.raises(ReplacedError, match=f"^the SR method '{name}' is gone: use 'newer', which took its place$"):
            empty.get(SRMethodSpec, name)
    empty.register(plugin(method("older")), "second")
    assert empty.get(SRMethodSpec, "older").name == "older", "somebody may take the name again"


def test_two_plugins_with_the_same_name_are_an_error_with_both_names(empty: Registry) -> None:
    empty.register(plugin(method("mine")), "first")
    with pytest.raises(PluginError, match="two plugins declare the SR method 'mine': 'first' and 'second'"):
        empty.register(plugin(method("other"), method("mine")), "second")
    assert list(empty.all(SRMethodSpec)) == ["mine"], "the second plugin must leave nothing behind"
    assert empty.manager.get_plugin("second") is None
    empty.register(plugin(method("other")), "second")


def test_one_plugin_with_the_same_name_twice_is_an_error(empty: Registry) -> None:
    with pytest.raises(PluginError, match="'mine': 'first' and 'first'"):
        empty.register(plugin(method("mine"), method("mine")), "first")


def test_a_misspelt_hook_is_an_error(empty: Registry) -> None:
    with pytest.raises(PluginValidationError, match="unknown hook 'harness_sr_method'"):
        empty.register(plugin(method("mine"), hook="harness_sr_method"), "first")
    assert empty.manager.get_plugin("first") is None


def test_a_declaration_of_the_wrong_kind_is_an_error(empty: Registry) -> None:
    wrong = ProbeSpec("sharpness", "how sharp", "nowhere:build")
    with pytest.raises(PluginError, match=r"harness_sr_methods of 'first' returned ProbeSpec.*expected a SRMethodSpec"):
        empty.register(plugin(wrong), "first")


def entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> EntryPoint:
    (tmp_path / f"{name}_module.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    return EntryPoint(name, f"{name}_module", "harness")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("def broken(:", "SyntaxError: invalid syntax"),
        (GOOD.replace("harness_sr_methods", "harness_sr_metods"), "PluginValidationError: unknown hook"),
    ],
)
def test_a_plugin_that_fails_is_kept_with_its_error_and_the_others_work(
    empty: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, error: str
) -> None:
    empty.load(entry(tmp_path, monkeypatch, "broken", text))
    empty.load(entry(tmp_path, monkeypatch, "whole", GOOD))
    assert list(empty.all(SRMethodSpec)) == ["mine"]
    [failure] = empty.failures
    assert failure.plugin == "broken" and failure.error.startswith(error) and "Traceback" in failure.traceback
    with pytest.raises(PluginError, match="plugin 'broken' failed to load"):
        empty.get(SRMethodSpec, "broken")
    with pytest.raises(UnknownNameError, match="Plugins that failed to load: broken"):
        empty.get(SRMethodSpec, "something")


def test_a_clash_between_installed_plugins_is_raised(
    empty: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty.load(entry(tmp_path, monkeypatch, "first", GOOD))
    with pytest.raises(PluginError, match="'first' and 'second'"):
        empty.load(entry(tmp_path, monkeypatch, "second", GOOD))


def test_a_plugin_file_is_loaded_and_its_factory_resolves(empty: Registry, tmp_path: Path) -> None:
    file = tmp_path / "one_off.py"
    file.write_text(GOOD.replace("'nowhere:build'", "f'{__name__}:build'") + "\ndef build(**options):\n    return 42\n")
    empty.load_file(file)
    assert empty.owners[SRMethodSpec, "mine"] == "one_off"
    assert resolve_import(empty.get(SRMethodSpec, "mine").factory)() == 42


@pytest.mark.parametrize(
    ("text", "error"),
    [(None, "no such file"), ("import no_such_module", "No module named"), ("def broken(:", "SyntaxError"),
     (GOOD.replace("sr_methods", "sr_metods"), "unknown hook")],
)  # fmt: skip
def test_a_plugin_file_that_fails_is_raised(empty: Registry, tmp_path: Path, text: str | None, error: str) -> None:
    file = tmp_path / "one_off.py"
    if text is not None:
        file.write_text(text)
    with pytest.raises(PluginError, match=f"--plugin .*one_off.py: (.|\n)*{error}"):
        empty.load_file(file)
    assert empty.owners == {}


def test_a_plugin_file_cannot_take_the_name_of_a_builtin(tmp_path: Path) -> None:
    file = tmp_path / "one_off.py"
    file.write_text(GOOD.replace("'mine'", "'bicubic'"))
    with pytest.raises(PluginError, match="'bicubic': 'builtin' and 'one_off'"):
        load_registry([file])


@pytest.mark.parametrize("target", ["no_such_module:x", "json:no_such_attribute", "json"])
def test_an_import_string_that_cannot_be_resolved_is_named(target: str) -> None:
    with pytest.raises(PluginError, match=f"cannot import '{target}'"):
        resolve_import(target)


def test_all_installed_plugins_load() -> None:
    found = registry()
    assert found.failures == []
    assert {"builtin", "optical_flow", "basicsr", "mmaction", "mini"} <= found.builtin
    assert {"hr", "bicubic", "nearest", "lanczos"} <= set(found.all(SRMethodSpec))
    assert {"bicubic", "gaussian", "nearest"} <= set(found.all(DegradationSpec))


def test_every_hook_that_returns_specs_has_a_kind_and_every_hook_an_example() -> None:
    from harness import hookspecs

    others = {"harness_health_checks", "harness_run_started", "harness_cell_finished", "harness_run_finished"}
    hooks = {name for name in vars(hookspecs) if name.startswith("harness_")}
    assert hooks == set(HOOKS.values()) | others
    for name in hooks:
        text = getattr(hookspecs, name).__doc__
        assert "Example::" in text and f"def {name}(" in text


def test_a_hook_under_another_name_counts_and_a_forgotten_decorator_is_an_error(empty: Registry) -> None:
    module = ModuleType("made")

    @hookimpl(specname="harness_sr_methods")
    def more() -> list[Spec]:
        return [method("renamed")]

    vars(module)["more"] = more
    empty.register(module, "first")
    assert list(empty.all(SRMethodSpec)) == ["renamed"]
    for hook in ("harness_sr_methods", "harness_health_checks", "harness_run_finished"):
        undecorated = ModuleType("made")
        vars(undecorated)[hook] = lambda **given: [method("mine")]
        with pytest.raises(PluginError, match=f"{hook} of 'second' lacks the decorator @hookimpl"):
            empty.register(undecorated, "second")
        assert list(empty.all(SRMethodSpec)) == ["renamed"]


def test_two_files_with_the_same_name_are_kept_apart(empty: Registry, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.py").write_text(
            HEADER + f"def build(): return '{folder}'\n"
            f"@hookimpl\ndef harness_sr_methods():\n"
            f"    yield SRMethodSpec('{folder}', 'a method', f'{{__name__}}:build')\n"
        )
        known = new_registry()
        known.load_file(tmp_path / folder / "mine.py")
        assert resolve_import(known.get(SRMethodSpec, folder).factory)() == folder
        empty._specs.setdefault(SRMethodSpec, {}).update(known.all(SRMethodSpec))
    assert [resolve_import(empty.get(SRMethodSpec, name).factory)() for name in "ab"] == ["a", "b"]
