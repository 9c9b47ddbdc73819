"""Cures for faults of mmaction2 1.2.0 and mmcv-lite; call `prepare` before anything of mmaction is imported."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

DRN_PACKAGE = "mmaction.models.localizers.drn"
DRN_MODULE = f"{DRN_PACKAGE}.drn"


@cache
def prepare() -> None:
    """Make mmaction importable, import it, and register its models, transforms, data sets and our own parts.

    One warning of the import is silenced, by its text.
    """
    stub_missing_drn()
    leave_out_multimodal()
    with warnings.catch_warnings():
        # mmcv-lite is what we install; TSN needs none of mmcv's compiled operators
        warnings.filterwarnings("ignore", "Fail to import ``MultiScaleDeformableAttention``", UserWarning)
        import mmaction.datasets
        import mmaction.evaluation
        import mmaction.models  # noqa: F401

    import harness_mmaction.networks.bn_inception
    import harness_mmaction.networks.efficientnet
    import harness_mmaction.training.dataset
    import harness_mmaction.training.hooks  # noqa: F401


def stub_missing_drn() -> None:
    """The wheel lacks a package that it imports (open-mmlab/mmaction2 #2714); stand in for it where it is not there."""
    spec = find_spec("mmaction")
    folders = spec.submodule_search_locations if spec is not None else None
    present = any((Path(folder) / "models" / "localizers" / "drn").is_dir() for folder in folders or ())
    if present or DRN_MODULE in sys.modules:
        return
    package, module = ModuleType(DRN_PACKAGE), ModuleType(DRN_MODULE)
    vars(module)["DRN"] = type("DRN", (), {"__doc__": "Missing from the wheel; never used for recognition."})
    vars(package)["drn"] = module
    sys.modules[DRN_PACKAGE], sys.modules[DRN_MODULE] = package, module


def leave_out_multimodal() -> None:
    """Where transformers is installed, mmaction imports models of video and text, which fail with its release 5."""
    import mmaction.utils.dependency as dependency

    dependency.WITH_MULTIMODAL = False


@contextmanager
def quiet() -> Iterator[None]:
    """mmengine logs every weight that a network initialises, and TANet does so when it is built."""
    before = logging.root.manager.disable
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(before)


@contextmanager
def runner_device(device: str) -> Iterator[None]:
    """mmengine 0.10.7's Runner takes the first accelerator it finds and asks nobody; show it only `device`."""
    import mmengine.device.utils as utils

    before = utils.DEVICE
    utils.DEVICE = device
    try:
        yield
    finally:
        utils.DEVICE = before
