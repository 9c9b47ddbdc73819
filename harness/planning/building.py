"""Parts to live objects: the only place where factories are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.config import data_folder
from harness.imports import resolve_import
from harness.planning.cells import Part
from harness.specs import RecognizerSpec, Spec

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Given:
    """What factories are given as well as options and checkpoint: for each kind what it declares (`Spec.keywords`)."""

    scale: int = 1
    device: torch.device | None = None
    classes: Sequence[str] = ()
    data: Path | None = None
    """Folder of a data set, as given on the command line."""


def build(part: Part[Spec], given: Given) -> Any:
    """Call a part's factory. Raises whatever that raises, and `PluginError` if it cannot be imported.

    A file given by a network's option ``weights`` replaces its checkpoint. Raises `WeightsError` where
    the checkpoint is missing or not the declared one.
    """
    options = dict(part.options)
    if isinstance(part.spec, RecognizerSpec):
        options["stream"] = part.stream
    own = options.pop("weights", None) if "weights" in part.spec.keywords else None
    values = {
        "scale": given.scale,
        "device": given.device,
        "class_names": given.classes,
        "weights": Path(str(own)).expanduser() if own else _checkpoint(part),
    }
    if "root" in part.spec.keywords:
        values["root"] = data_folder(part.spec.name, given.data)
    handed = {name: values[name] for name in part.spec.keywords if name in values}
    return resolve_import(part.spec.factory)(**handed, **options)


def _checkpoint(part: Part[Spec]) -> Path | None:
    from harness.weights.catalogue import installed_path

    return installed_path(part.weights, part.spec.name) if part.weights else None
