"""Finds plugins and keeps what they declare, by kind and name."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import TypeVar, cast

import pluggy

from harness import hookspecs
from harness.code import digest_of_entry, digest_of_file
from harness.errors import PluginError, ReplacedError, UnknownNameError, one_line
from harness.specs import (
    DatasetSpec,
    DegradationSpec,
    ExecutorSpec,
    FlowSpec,
    ProbeSpec,
    RecognizerSpec,
    ReportSpec,
    Spec,
    SRMethodSpec,
)
from harness.weights.user import with_own

S = TypeVar("S", bound=Spec)

DISTRIBUTION = "harness-sr"

HOOKS: dict[type[Spec], str] = {
    SRMethodSpec: "harness_sr_methods",
    RecognizerSpec: "harness_recognizers",
    DatasetSpec: "harness_datasets",
    FlowSpec: "harness_flows",
    DegradationSpec: "harness_degradations",
    ProbeSpec: "harness_probes",
    ExecutorSpec: "harness_executors",
    ReportSpec: "harness_reports",
}
KINDS: dict[type[Spec], str] = {
    SRMethodSpec: "SR method",
    RecognizerSpec: "recogniser",
    DatasetSpec: "data set",
    FlowSpec: "flow estimator",
    DegradationSpec: "degradation",
    ProbeSpec: "probe",
    ExecutorSpec: "executor",
    ReportSpec: "report format",
}


@dataclass(frozen=True)
class Failure:
    """A plugin that could not be loaded."""

    plugin: str
    error: str
    traceback: str


@dataclass
class Registry:
    """All declarations. `owners` names the plugin behind each (kind, name)."""

    manager: pluggy.PluginManager
    failures: list[Failure] = field(default_factory=list)
    owners: dict[tuple[type[Spec], str], str] = field(default_factory=dict)
    builtin: set[str] = field(default_factory=set)
    """Plugins that come with the project."""
    sources: dict[str, Callable[[], str]] = field(default_factory=dict)
    """How to digest the code of a third party's plugin, by plugin."""
    files: list[Path] = field(default_factory=list)
    """Plugin files that were loaded besides, which another process has to load as well."""
    _specs: dict[type[Spec], dict[str, Spec]] = field(default_factory=dict)
    _codes: dict[str, str] = field(default_factory=dict)

    def all(self, kind: type[S]) -> dict[str, S]:
        """Every declaration of a kind by name, sorted by name."""
        return cast(dict[str, S], dict(sorted(self._specs.get(kind, {}).items())))

    def get(self, kind: type[S], name: str) -> S:
        """One declaration.

        Raises `UnknownNameError`, `ReplacedError` for one that is gone, `PluginError` if a broken plugin has that name.
        """
        found = self._specs.get(kind, {}).get(name)
        if found is not None:
            return cast(S, found)
        for spec in self._specs.get(kind, {}).values():
            if name in spec.replaces:
                raise ReplacedError(KINDS[kind], name, spec.name)
        for failure in self.failures:
            if name in (failure.plugin, failure.plugin.removeprefix("harness_")):
                raise PluginError(f"plugin {failure.plugin!r} failed to load: {failure.error}")
        broken = ", ".join(f"{f.plugin} ({f.error})" for f in self.failures)
        hint = f"Plugins that failed to load: {broken}." if broken else "See `harness plugins list`."
        raise UnknownNameError(KINDS[kind], name, self._specs.get(kind, {}), hint)

    def code_of(self, kind: type[Spec], name: str) -> str | None:
        """Digest of the code behind a declaration of a third party's plugin; None for what comes with the project."""
        owner = self.owners[kind, name]
        if owner not in self._codes and owner in self.sources:
            self._codes[owner] = self.sources[owner]()
        return self._codes.get(owner)

    def register(self, plugin: object, name: str) -> None:
        """Register one plugin and collect its declarations; nothing is left behind if that fails."""
        try:
            self.manager.register(plugin, name=name)
            self.manager.check_pending()
            _refuse_forgotten_marker(plugin, name, self.manager)
            collected = [spec for kind in HOOKS for spec in self._declared(plugin, name, kind)]
        except BaseException:
            if self.manager.get_plugin(name) is not None:
                self.manager.unregister(name=name)
            raise
        for spec in collected:
            self._specs.setdefault(type(spec), {})[spec.name] = with_own(spec)
            self.owners[type(spec), spec.name] = name

    def _declared(self, plugin: object, name: str, kind: type[Spec]) -> Sequence[Spec]:
        # ask pluggy, so that whatever it recognised counts: @hookimpl under any name
        hook = getattr(self.manager.hook, HOOKS[kind])
        own = [implementation for implementation in hook.get_hookimpls() if implementation.plugin is plugin]
        specs = [spec for implementation in own for spec in implementation.function()]
        seen: set[str] = set()
        for spec in specs:
            if type(spec) is not kind:
                raise PluginError(f"{HOOKS[kind]} of {name!r} returned {spec!r}; expected a {kind.__name__}")
            other = name if spec.name in seen else self.owners.get((kind, spec.name))
            if other is not None:
                raise PluginError(f"two plugins declare the {KINDS[kind]} {spec.name!r}: {other!r} and {name!r}")
            seen.add(spec.name)
        return specs

    def load(self, entry: EntryPoint) -> None:
        """Load one entry point. A failure is kept for `plugins list`, except for a clash of names, which is raised."""
        if entry.dist is not None and entry.dist.name == DISTRIBUTION:
            self.builtin.add(entry.name)
        else:
            self.sources[entry.name] = partial(digest_of_entry, entry)
        try:
            self.register(entry.load(), entry.name)
        except PluginError:
            raise
        except (Exception, SystemExit) as error:  # a third-party module may raise anything; it is shown, not swallowed
            self.failures.append(_failure(entry.name, error))

    def load_file(self, path: Path) -> None:
        """Load a one-off plugin file (``--plugin path/to/file.py``). Raises `PluginError` if anything fails.

        Its folder is its package: it imports a file beside it with a dot, ``from .network import Net``.
        """
        if not path.is_file():
            raise PluginError(f"--plugin {path}: no such file")
        forget_module(path)  # it may have been edited since
        try:
            self.register(plugin_module(path), path.stem)
        except (Exception, SystemExit) as error:  # the user's file may raise anything; it is shown, not swallowed
            forget_module(path)
            if isinstance(error, PluginError):
                raise
            raise PluginError(f"--plugin {path}: {one_line(error)}\n{traceback.format_exc()}") from error
        self.sources[path.stem] = partial(digest_of_file, path)
        self.files.append(path.absolute())


def new_registry() -> Registry:
    """A registry without plugins, for tests and embedding."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    return Registry(manager)


def load_registry(files: Sequence[Path] = ()) -> Registry:
    """A registry with every installed plugin (entry-point group ``harness``) and the given plugin files."""
    registry = new_registry()
    for entry in sorted(entry_points(group=hookspecs.PROJECT), key=lambda e: (e.dist is None, e.name)):
        registry.load(entry)
    for path in files:
        registry.load_file(path)
    return registry


@cache
def registry() -> Registry:
    """The registry of installed plugins; ``--plugin`` files are added to it by the command line."""
    return load_registry()


def plugin_module(path: Path) -> ModuleType:
    """The module of a plugin file, under the name by which its declarations find it; it is run once in a process.

    Raises `PluginError` for what is no Python file, and whatever running it raises.
    """
    name = _module_name(path)
    if name in sys.modules:
        return sys.modules[name]
    beside = [str(path.absolute().parent)]
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=beside)
    if spec is None or spec.loader is None:
        raise PluginError(f"--plugin {path}: not a Python file")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def forget_module(path: Path) -> None:
    """As if a plugin file and what it imported beside it had never been run."""
    name = _module_name(path)
    for module_name in [key for key in sys.modules if key == name or key.startswith(f"{name}.")]:
        del sys.modules[module_name]


def _module_name(path: Path) -> str:
    # two files may have the same name; the factory strings of each must find its own module
    return f"harness_plugin_{path.stem}_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]}"


def _refuse_forgotten_marker(plugin: object, name: str, manager: pluggy.PluginManager) -> None:
    """Raise `PluginError` for a function named like a hook without ``@hookimpl``, which would never be called."""
    known = {caller.name for caller in manager.get_hookcallers(plugin) or ()}
    hooks = {attribute for attribute in vars(hookspecs) if attribute.startswith(f"{hookspecs.PROJECT}_")}
    for attribute in hooks - known:
        if callable(getattr(plugin, attribute, None)):
            raise PluginError(f"{attribute} of {name!r} lacks the decorator @hookimpl (from harness.hookspecs)")


def _failure(plugin: str, error: BaseException) -> Failure:
    return Failure(plugin, one_line(error), traceback.format_exc())
