"""`harness doctor`: is everything here that a run needs, and if not, how to get it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from harness.errors import HarnessError, one_line
from harness.imports import resolve_import
from harness.paths import home
from harness.registry import DISTRIBUTION, HOOKS, Registry
from harness.running.environment import package_version, packages
from harness.running.store import SPACE_NEEDED
from harness.specs import DatasetSpec, HealthCheck, NetworkSpec

if TYPE_CHECKING:
    from harness.running.executors.nodes import Node
    from harness.weights.catalogue import Status

PYTHON = ((3, 10), (3, 13))
"""The first supported version, and the first that no longer is."""
REINSTALL = "install the project again: pip install -e ."


@dataclass(frozen=True)
class Diagnosis:
    """One line: `status` is ``ok``, ``missing`` (a run can do without it) or ``broken``; `detail` says how to fix."""

    status: str
    what: str
    detail: str = ""


Examination = Callable[[], Iterator[Diagnosis]]


def examine(registry: Registry) -> Iterator[Diagnosis]:
    """Check everything, one thing after another."""
    parts: list[Examination] = [
        _python, _packages, _torch_pair, lambda: _declared_checks(registry), _devices, _disk,
        _cluster, lambda: _plugins(registry), lambda: _datasets(registry), lambda: _weights(registry),
    ]  # fmt: skip
    for part in parts:
        yield from part()


def examine_cluster(address: str, data: Path | None) -> Iterator[Diagnosis]:
    """Hold every node of a cluster against this machine. Raises `HarnessError` if it cannot be reached."""
    from harness.running.executors.nodes import look_around, look_at_nodes

    here = look_around(str(data) if data else "")
    for node in look_at_nodes(address, data):
        what = f"node {node.host}"
        if node.problem:
            yield Diagnosis("broken", what, f"{node.problem}; install the same environment there as here")
            continue
        yield from _versions_of(what, node, here)
        yield Diagnosis("ok", f"{what}, CUDA", ", ".join(node.cuda) or "no device; it computes on the CPU")
        if data is not None:
            yield _data_of(what, node, here, data)


def _versions_of(what: str, node: Node, here: Node) -> Iterator[Diagnosis]:
    for name, version in here.versions.items():
        there = node.versions.get(name)
        if there == version:
            yield Diagnosis("ok", f"{what}, {name}", version)
        else:
            yield Diagnosis(
                "broken", f"{what}, {name}", f"{there or 'not installed'}, but {version} here; use one version"
            )


def _data_of(what: str, node: Node, here: Node, data: Path) -> Diagnosis:
    what = f"{what}, data folder"
    if node.files is None:
        return Diagnosis(
            "broken", what, f"there is no folder {data}; copy it there, or add ship_clips=true to the executor"
        )
    if node.digest != here.digest:
        wrong = f"{node.files:,} files, other names or sizes than those of the {here.files or 0:,} here"
        return Diagnosis("broken", what, f"{wrong}; copy {data} there again")
    return Diagnosis("ok", what, f"{node.files:,} file(s), as here")


def split_states(name: str, registry: Registry) -> dict[str, int | str]:
    """Number of clips of every split of a data set, or why it is not here; under ``(all)`` if that holds for all."""
    from harness.planning.resolving import open_dataset

    try:
        dataset = open_dataset(name, registry)
        splits = list(dataset.splits)
    except HarnessError as error:
        return {"(all)": str(error)}
    states: dict[str, int | str] = {}
    for split in splits:
        try:
            states[split] = len(dataset.clips(split))
        except HarnessError as error:
            states[split] = str(error)
    return states


def state_of_weights(status: Status) -> str:
    """``ok``; ``missing`` for what was never downloaded; ``broken`` for a wrong file or one gone from its package."""
    if not status.problem:
        return "ok"
    return "missing" if status.weights.remote and not status.path.is_file() else "broken"


def _python() -> Iterator[Diagnosis]:
    version = ".".join(map(str, sys.version_info[:3]))
    low, high = PYTHON
    if low <= sys.version_info[:2] < high:
        yield Diagnosis("ok", "Python", version)
    else:
        yield Diagnosis("broken", "Python", f"{version}; 3.10, 3.11 or 3.12 is needed: make a new environment with it")


def _packages() -> Iterator[Diagnosis]:
    for name in packages():
        found = package_version(name)
        yield Diagnosis("ok", name, found) if found else Diagnosis("broken", name, f"not installed; {REINSTALL}")


def _torch_pair() -> Iterator[Diagnosis]:
    what = "torch and torchvision fit each other"
    try:
        import torch
        from torchvision.ops import nms

        nms(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([1.0]), 0.5)
    except (ImportError, RuntimeError, AttributeError) as error:
        mend = "install a matching pair: pip install --force-reinstall torch torchvision"
        yield Diagnosis("broken", what, f"{one_line(error)}; {mend}")
    else:
        yield Diagnosis("ok", what)


def _declared_checks(registry: Registry) -> Iterator[Diagnosis]:
    for implementation in registry.manager.hook.harness_health_checks.get_hookimpls():
        what = f"health checks of plugin {implementation.plugin_name}"
        try:
            checks = list(cast(Iterable[object], implementation.function()))
        except Exception as error:  # a third party's plugin may raise anything
            yield Diagnosis("broken", what, one_line(error))
            continue
        for check in checks:
            if isinstance(check, HealthCheck):
                yield _outcome(check)
            else:
                yield Diagnosis("broken", what, f"returned {check!r}; expected a HealthCheck")


def _outcome(check: HealthCheck) -> Diagnosis:
    try:
        return Diagnosis("ok", check.name, str(resolve_import(check.check)() or ""))
    except Exception as error:  # the check is there to find whatever an old package raises
        said = str(error) if isinstance(error, HarnessError) else one_line(error)
        return Diagnosis("broken", check.name, "; ".join(filter(None, (said, check.cure))))


def _devices() -> Iterator[Diagnosis]:
    try:
        import torch
    except (ImportError, OSError):  # reported by the examination of torch
        return
    yield Diagnosis("ok", "CPU", f"{torch.get_num_threads()} threads")
    if not torch.cuda.is_available():
        yield Diagnosis("ok", "CUDA", "no device; everything runs on the CPU")
        return
    for index in range(torch.cuda.device_count()):
        facts = torch.cuda.get_device_properties(index)
        yield Diagnosis("ok", f"cuda:{index}", f"{facts.name}, {facts.total_memory / 2**30:.0f} GiB")


def _cluster() -> Iterator[Diagnosis]:
    version = package_version("ray")
    if version is None:
        yield Diagnosis("missing", "Ray", f'for runs on several machines: pip install "{DISTRIBUTION}[cluster]"')
        return
    yield Diagnosis("ok", "Ray", version)


def _disk() -> Iterator[Diagnosis]:
    for what, folder in (("free disk here", Path.cwd()), (f"free disk in {home()}", home())):
        there = next(parent for parent in (folder, *folder.parents) if parent.exists())
        free = shutil.disk_usage(there).free
        text = f"{free / 2**30:.1f} GiB"
        if free >= SPACE_NEEDED:
            yield Diagnosis("ok", what, text)
        else:
            yield Diagnosis("broken", what, f"{text}; a run needs {SPACE_NEEDED / 2**20:.0f} MiB: free some space")


def _plugins(registry: Registry) -> Iterator[Diagnosis]:
    for failure in registry.failures:
        mend = f"traceback: harness plugins show {failure.plugin}"
        yield Diagnosis("broken", f"plugin {failure.plugin}", f"{failure.error}; {mend}")
    loaded = sorted(set(registry.owners.values()))
    yield Diagnosis("ok", "plugins loaded", ", ".join(loaded))


def _datasets(registry: Registry) -> Iterator[Diagnosis]:
    for name in registry.all(DatasetSpec):
        for split, state in split_states(name, registry).items():
            what = f"data set {name}" if split == "(all)" else f"data set {name}, {split}"
            status, text = ("ok", f"{state} clips") if isinstance(state, int) else ("missing", state)
            yield Diagnosis(status, what, text)


def _weights(registry: Registry) -> Iterator[Diagnosis]:
    from harness.weights.catalogue import verify

    networks = [kind for kind in HOOKS if issubclass(kind, NetworkSpec)]
    for spec in (spec for kind in networks for spec in registry.all(kind).values()):
        for status in verify(spec):
            weights = status.weights
            scope = [f"x{weights.scale}" if weights.scale else "", weights.stream or ""]
            what = " ".join(filter(None, ["weights", spec.name, weights.tag, *scope]))
            yield Diagnosis(state_of_weights(status), what, status.problem)
