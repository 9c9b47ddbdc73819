"""Finding declarations by name, whatever their kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from harness.errors import PluginError, UnknownNameError
from harness.registry import HOOKS, KINDS, Registry
from harness.specs import NetworkSpec, Spec

S = TypeVar("S", bound=Spec)
EVERY_KIND: Sequence[type[Spec]] = tuple(HOOKS)
NETWORKS: Sequence[type[NetworkSpec]] = tuple(kind for kind in HOOKS if issubclass(kind, NetworkSpec))


def declared(registry: Registry, name: str, kinds: Sequence[type[S]]) -> list[S]:
    """Every declaration called `name` among `kinds`, or else everything that the plugin of that name declares.

    Raises `PluginError` with the traceback if a plugin of this name failed to load, else `UnknownNameError`.
    """
    found = [specs[name] for kind in kinds if name in (specs := registry.all(kind))]
    found = found or [s for kind in kinds for s in registry.all(kind).values() if registry.owners[kind, s.name] == name]
    if found:
        return found
    for failure in registry.failures:
        if name == failure.plugin:
            raise PluginError(f"plugin {name!r} failed to load: {failure.error}\n\n{failure.traceback}")
    known = {known for kind in kinds for known in registry.all(kind)}
    *first, last = (KINDS[kind] for kind in kinds)
    raise UnknownNameError(f"{', '.join(first)} or {last}" if kinds is NETWORKS else "name", name, known)
