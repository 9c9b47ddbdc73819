"""Where training recipes are and how they are read.

The recipes of a benchmark are in the folder ``training/NAME`` beside its file, where NAME is the benchmark's name: one
file for each method or recogniser, ``training/NAME/METHOD.yaml``. ``training/paper`` of the shipped ones holds the
published settings.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from harness.documents import read_document
from harness.errors import UsageError
from harness.paths import benchmarks_folder
from harness.planning.benchmark import find_benchmark, load_benchmark

R = TypeVar("R", bound=BaseModel)


def read_recipe(path: Path, kind: type[R]) -> R:
    """A recipe from a file. Raises `UsageError` naming file, key and rule."""
    return read_document(path, kind)


def find_recipe(name: str, benchmark: str | None, wanted: str | None = None) -> Path:
    """The file of a recipe: the benchmark's for the method or recogniser `name`, or else the published one.

    `wanted` is a file ending in ``.yaml``, or a name: ``ablation/vdsr-wmse`` is a file in the benchmark's folder;
    ``paper`` and ``mini-2/vdsr`` are in the folder ``training`` beside the benchmark's file, or shipped. Raises
    `UsageError` that says which folders were searched and which recipes exist.
    """
    if wanted is not None and wanted.endswith((".yaml", ".yml")):
        if not Path(wanted).is_file():
            raise UsageError(f"no recipe {wanted}: the file does not exist")
        return Path(wanted)
    folders = _folders(benchmark)
    if wanted is None:
        tried = [folders[0] / f"{name}.yaml", *(folder / "paper" / f"{name}.yaml" for folder in folders[1:])]
    else:
        tried = [folder / file for folder in folders for file in (f"{wanted}.yaml", f"{wanted}/{name}.yaml")]
    found = next((path for path in tried if path.is_file()), None)
    if found is None:
        raise UsageError(_not_found(name, benchmark, wanted, folders))
    return found


def _folders(benchmark: str | None) -> list[Path]:
    """The benchmark's own folder of recipes, its parent, and the shipped folder, each once."""
    shipped = benchmarks_folder() / "training"
    if benchmark is None:
        return [shipped / "paper", shipped]
    training = find_benchmark(benchmark).parent / "training"
    return list(dict.fromkeys([training / load_benchmark(benchmark).name, training, shipped]))


def _not_found(name: str, benchmark: str | None, wanted: str | None, folders: Sequence[Path]) -> str:
    shipped = folders[-1]
    own = [str(folder) for folder in folders if not folder.is_relative_to(shipped)]
    known = sorted(str(p.relative_to(shipped).with_suffix("")) for p in shipped.rglob("*.yaml") if _fits(p, name))
    what = f"recipe {wanted!r} for {name}" if wanted else f"recipe for {name}"
    whose = f" on benchmark {load_benchmark(benchmark).name}" if benchmark else ""
    places = " and ".join([*own[:1], "the shipped recipes"])
    write = f"write {own[0]}/{name}.yaml, or " if own else ""
    ways = f"{write}give --recipe NAME|FILE (shipped for {name}: {', '.join(known) or 'none'})"
    return f"no {what}{whose}: looked in {places}; {ways}"


def _fits(recipe: Path, name: str) -> bool:
    """Whether a recipe is one of a method or recogniser, or a variant of it such as ``stresnet-star``."""
    return recipe.stem == name or recipe.stem.startswith(f"{name}-")
