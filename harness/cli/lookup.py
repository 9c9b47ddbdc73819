"""Finding declarations by name where the kind does not matter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from harness.errors import PluginError, UnknownNameError
from harness.registry import HOOKS, Registry
from harness.specs import RecognizerSpec, Spec, SRMethodSpec

S = TypeVar("S", bound=Spec)
NETWORKS: Sequence[type[SRMethodSpec | RecognizerSpec]] = (SRMethodSpec, RecognizerSpec)
EVERY_KIND: Sequence[type[Spec]] = tuple(HOOKS)


def declared(registry: Registry, name: str, kinds: Sequence[type[S]]) -> list[S]:
    """Every declaration called `name` among `kinds`, or else everything that the plugin of that name declares.

    Raises `PluginError` with the traceback where a plugin of this name failed to load, else `UnknownNameError`.
    """
    found = [specs[name] for kind in kinds if name in (specs := registry.all(kind))]
    found = found or [s for kind in kinds for s in registry.all(kind).values() if registry.owners[kind, s.name] == name]
    if found:
        return found
    for failure in registry.failures:
        if name == failure.plugin:
            raise PluginError(f"plugin {name!r} failed to load: {failure.error}\n\n{failure.traceback}")
    known = {known for kind in kinds for known in registry.all(kind)}
    raise UnknownNameError("SR method or recogniser" if kinds is NETWORKS else "name", name, known)
