"""Configs of MMAction2: finding and reading them, and a digest of what affects scores.

A config in Python is run when it is read: give only files you trust.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness_mmaction.compat import prepare

DECODES = "Decode"
OWN = Path(__file__).parent
"""Has a folder ``recognition``, like MMAction2's configs: networks that MMAction2 lacks."""
MODALITIES = {"RGB": "spatial", "Flow": "temporal"}


@dataclass(frozen=True)
class Description:
    """What a config says about a network and its test. `source` names it in errors."""

    source: str
    model: dict[str, Any]
    """Without pretrained weights to fetch, unless requested."""
    pipeline: list[dict[str, Any]] | None
    """Steps of the test pipeline; None if the config has no test."""
    modality: str

    @property
    def stream(self) -> str:
        """The stream it is for. Raises `UsageError` for inputs that are neither frames nor flow."""
        if self.modality not in MODALITIES:
            known = " or ".join(MODALITIES)
            raise UsageError(f"{self.source}: modality {self.modality!r}; give the config of a recogniser of {known}")
        return MODALITIES[self.modality]


def find_config(text: str) -> Path:
    """A file, or one of the configs that come with MMAction2, such as ``recognition/tsm/NAME.py``, or this package.

    Raises `UsageError` if it is neither.
    """
    for path in (Path(text).expanduser(), shipped_configs() / text, OWN / text):
        if path.is_file():
            return path
    raise UsageError(
        f"config={text}: no such file, nor in {shipped_configs()}; give a path to a config of MMAction2, or one of "
        "that folder, such as recognition/tsm/NAME.py"
    )


def shipped_configs() -> Path:
    """Where the wheel of MMAction2 has its configs."""
    spec = find_spec("mmaction")
    folders = list(spec.submodule_search_locations or ()) if spec is not None else []
    return Path(folders[0] if folders else "mmaction") / ".mim" / "configs"


def read_config(text: str, *, pretrained: bool = False) -> Description:
    """Read the config that an option ``config`` names; with the weights it would start from only if `pretrained`.

    Raises `UsageError` for a file that is missing, that cannot be read, or that describes no recogniser.
    """
    from mmengine import Config

    prepare()
    path, source = find_config(text), f"config={text}"
    try:
        config = Config.fromfile(str(path))
    except Exception as error:  # whatever the Python in a config raises
        raise UsageError(f"{source}: cannot be read: {type(error).__name__}: {error}") from error
    model = config.get("model")
    if model is None or not model.get("backbone") or not model.get("cls_head"):
        raise UsageError(f"{source}: has no `model` with a `backbone` and a `cls_head`; give a recogniser's config")
    dataset = _test_dataset(config)
    pipeline = dataset.get("pipeline") or config.get("test_pipeline")
    description = model.to_dict() if pretrained else _without_pretrained(model)
    return Description(source, description, pipeline, str(dataset.get("modality", "RGB")))


def digest(text: str) -> str:
    """sha256 of what affects scores: the model and its test, whichever ``_base_`` files they were written in."""
    found = read_config(text)
    facts = [found.model, found.pipeline, found.modality]
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=_text).encode()).hexdigest()


def _test_dataset(config: Any) -> dict[str, Any]:
    """The data set under ``test_dataloader``, taken out of its wrappers; empty if there is none."""
    node = (config.get("test_dataloader") or {}).get("dataset") or {}
    while not node.get("pipeline") and isinstance(node.get("dataset"), Mapping):
        node = node["dataset"]
    plain: dict[str, Any] = node.to_dict() if hasattr(node, "to_dict") else dict(node)
    return plain


def _without_pretrained(model: Any) -> dict[str, Any]:
    plain: dict[str, Any] = model.to_dict()
    backbone = plain["backbone"]
    backbone.pop("init_cfg", None)
    if "pretrained" in backbone:  # not removed: some backbones require it
        backbone["pretrained"] = None
    return plain


def _text(value: Any) -> str:
    """Text for classes and functions, which configs of the newer kind import."""
    return f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', value)}"
