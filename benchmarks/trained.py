"""Trained weights: which files are meant, and what their data cards say of the training."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.choice import Choice, own_file
from harness.errors import UsageError
from harness.files import sha256
from harness.planning.benchmark import Benchmark
from harness.planning.cells import Part
from harness.specs import NetworkSpec
from harness.training.card import read_card
from harness.weights.catalogue import installed_path
from harness.weights.header import described

HELD_OUT = re.compile(r"(\d+) clips held out")
TOLD = ("recipe", "start", "iterations", "batch", "time", "hardware")
"""Fields of an SR method's card that say how it was trained."""


def files_of(paths: Sequence[Path]) -> dict[Path, dict[str, Any]]:
    """The weights that ``harness train`` wrote, in files and anywhere in folders, with what their headers say.

    Raises `UsageError` for a path without any.
    """
    found: dict[Path, dict[str, Any]] = {}
    for path in paths:
        files = sorted(path.rglob("*.safetensors")) if path.is_dir() else [path] if path.is_file() else []
        told = {file: said for file in files if (said := described(file)).get("method")}
        if not told:
            raise UsageError(f"--weights {path}: no weights of `harness train` there; name a .safetensors or a folder")
        found.update(told)
    return found


def method_of(file: Path, said: Mapping[str, Any], benchmark: Benchmark) -> str:
    """The SR method with these weights, for ``--sr``; its row is named as the file, without benchmark and scale."""
    label = file.stem.removesuffix(f"-{benchmark.name}-x{benchmark.scale}")
    return str(Choice(said["method"], tuple({"checkpoint": str(file), **said["options"]}.items()), label))


def weights_of(part: Part[NetworkSpec]) -> tuple[Path | None, str]:
    """File of a part's weights, and what it was trained on; None and an empty text where it has none."""
    if own := own_file(part.options):
        return Path(own), described(Path(own)).get("trained_on", "")
    if part.weights is None:
        return None, ""
    return installed_path(part.weights, part.spec.name), part.weights.trained_on


def training(file: Path, fields: Sequence[str] = TOLD) -> dict[str, str]:
    """Fields of the card beside weights, and the file's sha256."""
    card = read_card(file)
    return {**{field: card.get(field, "not said") for field in fields}, "sha256": sha256(file)}


def check_held_out(name: str, file: Path, seed: int, count: int) -> None:
    """Raise `UsageError` if a network may have learnt from the `count` clips that are held out by this seed."""
    card = read_card(file)
    held = HELD_OUT.search(card.get("data", ""))
    if held is None:
        raise UsageError(
            f"{name}: {file.with_suffix('.md')}, its data card, does not say what was held out; restore it"
        )
    if card.get("seed") != str(seed) or int(held[1]) < count:
        raise UsageError(
            f"{name}: its training held out {held[1]} clips by the seed {card.get('seed')}, and the recipes hold out "
            f"{count} by the seed {seed}; train it with their seed and number"
        )
