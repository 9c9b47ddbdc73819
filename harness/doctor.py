"""`harness doctor`: is everything here that a run needs, and if not, how to get it."""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.imports import resolve_import
from harness.paths import home
from harness.registry import Registry
from harness.running.environment import PACKAGES, package_version
from harness.running.store import SPACE_NEEDED
from harness.specs import DatasetSpec, RecognizerSpec, SRMethodSpec

if TYPE_CHECKING:
    from harness.weights.catalogue import Status

PYTHON = ((3, 10), (3, 13))
"""The first version that is supported and the first that is not any more."""
REINSTALL = "install the project again: pip install -e ."
OPENCV = ("opencv-python", "opencv-contrib-python")
CURES = (
    (
        "basicsr imports torchvision's functional_tensor, which is gone",
        "harness_basicsr.compat:alias_functional_tensor",
        "basicsr.archs.rrdbnet_arch",
    ),
    ("mmaction2 lacks its module drn", "harness_mmaction.compat:prepare", "mmaction.models"),
)
"""A known fault, the function that cures it, and what can be imported only when it is cured."""


@dataclass(frozen=True)
class Finding:
    """One line: `status` is ``ok``, ``missing`` (a run can do without it) or ``broken``; `detail` says how to mend."""

    status: str
    what: str
    detail: str = ""


Examination = Callable[[], Iterator[Finding]]


def examine(registry: Registry) -> Iterator[Finding]:
    """Look at everything, one finding after the other."""
    parts: list[Examination] = [
        _python, _packages, _torch_pair, _opencv, _cures, _devices, _disk, lambda: _plugins(registry),
        lambda: _datasets(registry), lambda: _weights(registry),
    ]  # fmt: skip
    for part in parts:
        yield from part()


def _python() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    low, high = PYTHON
    if low <= sys.version_info[:2] < high:
        yield Finding("ok", "Python", version)
    else:
        yield Finding("broken", "Python", f"{version}; 3.10, 3.11 or 3.12 is needed: make a new environment with it")


def _packages() -> Iterator[Finding]:
    for name in PACKAGES:
        found = package_version(name)
        yield Finding("ok", name, found) if found else Finding("broken", name, f"not installed; {REINSTALL}")


def _torch_pair() -> Iterator[Finding]:
    what = "torch and torchvision fit each other"
    try:
        import torch
        from torchvision.ops import nms

        nms(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([1.0]), 0.5)
    except (ImportError, RuntimeError, AttributeError) as error:
        mend = "install a matching pair: pip install --force-reinstall torch torchvision"
        yield Finding("broken", what, f"{_first_line(error)}; {mend}")
    else:
        yield Finding("ok", what)


def _opencv() -> Iterator[Finding]:
    versions = {name: package_version(name) for name in OPENCV}
    wanted = versions["opencv-contrib-python"] or versions["opencv-python"] or "4.*"
    mend = f"pip install --force-reinstall {' '.join(f'{name}=={wanted}' for name in OPENCV)}"
    if len(set(versions.values())) == 1:
        yield Finding("ok", "both packages of OpenCV have one version")
    else:
        found = ", ".join(f"{name} {version}" for name, version in versions.items())
        yield Finding("broken", "both packages of OpenCV have one version", f"{found} share a folder; {mend}")
    try:
        import cv2

        there = hasattr(cv2, "optflow")
    except ImportError as error:
        yield Finding("broken", "cv2", f"{_first_line(error)}; {mend}")
        return
    if there:
        yield Finding("ok", "cv2.optflow is there")
    else:
        yield Finding("broken", "cv2.optflow is there", f"no; opencv-python overwrote opencv-contrib-python; {mend}")


def _cures() -> Iterator[Finding]:
    for fault, cure, proof in CURES:
        try:
            resolve_import(cure)()
            importlib.import_module(proof)
        except Exception as error:  # whatever an old package raises at import is the finding
            yield Finding("broken", f"cured: {fault}", f"import {proof}: {_first_line(error)}; {REINSTALL}")
        else:
            yield Finding("ok", f"cured: {fault}")


def _devices() -> Iterator[Finding]:
    try:
        import torch
    except (ImportError, OSError):  # reported by the examination of torch
        return
    yield Finding("ok", "CPU", f"{torch.get_num_threads()} threads")
    if not torch.cuda.is_available():
        yield Finding("ok", "CUDA", "no device; everything runs on the CPU")
        return
    for index in range(torch.cuda.device_count()):
        facts = torch.cuda.get_device_properties(index)
        yield Finding("ok", f"cuda:{index}", f"{facts.name}, {facts.total_memory / 2**30:.0f} GiB")


def _disk() -> Iterator[Finding]:
    for what, folder in (("free disk here", Path.cwd()), (f"free disk in {home()}", home())):
        there = next(parent for parent in (folder, *folder.parents) if parent.exists())
        free = shutil.disk_usage(there).free
        text = f"{free / 2**30:.1f} GiB"
        if free >= SPACE_NEEDED:
            yield Finding("ok", what, text)
        else:
            yield Finding("broken", what, f"{text}; a run needs {SPACE_NEEDED / 2**20:.0f} MiB: free some space")


def _plugins(registry: Registry) -> Iterator[Finding]:
    for failure in registry.failures:
        mend = f"traceback: harness plugins show {failure.plugin}"
        yield Finding("broken", f"plugin {failure.plugin}", f"{failure.error}; {mend}")
    loaded = sorted(set(registry.owners.values()))
    yield Finding("ok", "plugins loaded", ", ".join(loaded))


def _datasets(registry: Registry) -> Iterator[Finding]:
    from harness.config import data_folder

    for spec in registry.all(DatasetSpec).values():
        try:
            dataset = resolve_import(spec.factory)(root=data_folder(spec.name), **spec.options)
            splits = list(dataset.splits)
        except HarnessError as error:
            yield Finding("missing", f"data set {spec.name}", str(error))
            continue
        for split in splits:
            try:
                yield Finding("ok", f"data set {spec.name}, {split}", f"{len(dataset.clips(split))} clips")
            except HarnessError as error:
                yield Finding("missing", f"data set {spec.name}, {split}", str(error))


def _weights(registry: Registry) -> Iterator[Finding]:
    try:
        from harness.weights.catalogue import verify
    except ImportError as error:
        yield Finding("broken", "weights", f"cannot be looked at: {_first_line(error)}")
        return
    specs: list[SRMethodSpec | RecognizerSpec] = [*registry.all(SRMethodSpec).values()]
    for spec in [*specs, *registry.all(RecognizerSpec).values()]:
        for status in verify(spec):
            weights = status.weights
            scope = [f"x{weights.scale}" if weights.scale else "", weights.stream or ""]
            what = " ".join(filter(None, ["weights", spec.name, weights.tag, *scope]))
            yield Finding(state_of_weights(status), what, status.problem)


def state_of_weights(status: Status) -> str:
    """``ok``; ``missing`` for what was never downloaded; ``broken`` for a wrong file or one gone from its package."""
    if not status.problem:
        return "ok"
    return "missing" if status.weights.url and not status.path.is_file() else "broken"


def _first_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
