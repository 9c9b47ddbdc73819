"""Fidelity against consistency: one network trained with more and more weight on its warping error.

After Zhang et al., Is There Tradeoff between Spatial and Temporal in Video Super-Resolution?, arXiv 2003.06141: the
loss is the squared error plus beta times the warping error; each network is scored by picture quality, warping error,
and the error of recognition in both streams.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from harness import api
from harness.contracts import TrainingRequest
from harness.errors import UsageError
from harness.leaderboard import matrix
from harness.leaderboard.matrix import Matrix
from harness.leaderboard.row import Row
from harness.leaderboard.table import Leaderboard
from harness.planning.benchmark import load_benchmark
from harness.registry import Registry
from harness.specs import SRMethodSpec
from harness.studies import drawing
from harness.studies.trained import choice_of, is_trained, train_once, trainable
from harness.training.recipes import find_recipe

WEIGHT, OTHER = "warp_sr_weight", "warp_hr_weight"
"""Keys of the loss: the weight that beta is, and that of the further term, which the sequel's loss has not."""
NOTE = (
    "One network and one budget; only beta, the weight of the warping error in the loss, differs. Errors of "
    "recognition are 100 less the top-1 accuracy, in percent."
)


@dataclass(frozen=True)
class TradeoffStudy:
    """What is asked for; see `harness study tradeoff`."""

    benchmark: str
    method: str
    betas: Sequence[float]
    out: Path
    recognizer: str = "all"
    recipe: str | None = None
    arch: str | None = None
    init: str | None = None
    iters: int | None = None
    limit: int | None = None
    data: Path | None = None
    device: str = "auto"

    def folder(self, beta: float) -> Path:
        """Where a network is trained."""
        return self.out / _label(beta)

    def missing(self, registry: Registry) -> list[float]:
        """Weights of which the network is not trained yet."""
        spec = trainable(SRMethodSpec, self.method, registry)
        return [beta for beta in self.betas if not is_trained(spec, self.folder(beta))]

    def train(self, registry: Registry) -> None:
        """Train what is missing. Raises `UsageError` for a recipe whose loss has no such weight."""
        for beta in self.missing(registry):
            folder = self.folder(beta)
            begun = folder.is_dir()
            request = TrainingRequest(
                self.method, self.benchmark, folder, self.iters, begun, self.device, self.data, arch=self.arch,
                recipe=str(self._recipe(beta)), init=self.init,
            )  # fmt: skip
            train_once(trainable(SRMethodSpec, self.method, registry), request)

    def run(self, registry: Registry, listening: api.Listening | None = None) -> api.Done:
        """Score all networks beside floor and ceiling."""
        spec, benchmark = trainable(SRMethodSpec, self.method, registry), load_benchmark(self.benchmark)
        named = [choice_of(_label(beta), spec, self.folder(beta), benchmark) for beta in self.betas]
        return api.run(
            self.benchmark, sr=",".join(named), recognizer=self.recognizer, limit=self.limit, out=self.out / "run",
            data=self.data, device=self.device, registry=registry, listening=listening,
        )  # fmt: skip

    def write(self, board: Leaderboard) -> list[Path]:
        """``tradeoff.md``, ``.csv`` and ``.png``, by the first recogniser."""
        title = f"{board.title}: {self.method} by the weight of its warping error"
        table = table_of(board, self.betas)
        wanted = [_label(beta) for beta in self.betas]
        errors = [(name, *pair) for name in wanted if (pair := _errors(_row(board, name)))]
        picture = drawing.points(title, errors, "spatial error (%)", "temporal error (%)")
        return matrix.write(self.out, "tradeoff", title, [table], [NOTE], picture)

    def _recipe(self, beta: float) -> Path:
        source = find_recipe(self.method, self.benchmark, self.recipe)
        file = self.out / "recipes" / f"{_label(beta)}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump(weighted(yaml.safe_load(source.read_text()), beta, source), sort_keys=False))
        return file


def weighted(recipe: dict[str, Any], beta: float, source: Path) -> dict[str, Any]:
    """The recipe with this weight on the warping error. Raises `UsageError` if its loss has none."""
    changed = deepcopy(recipe)
    losses = [
        loss
        for stage in changed.get("stages", [])
        for loss in stage.get("train", {}).values()
        if isinstance(loss, dict) and WEIGHT in loss
    ]
    if not losses:
        raise UsageError(f"{source}: no loss of this recipe has a {WEIGHT}; name one of a warping loss")
    for loss in losses:
        loss[WEIGHT] = beta
        loss[OTHER] = 0.0
    return changed


def table_of(board: Leaderboard, betas: Sequence[float]) -> Matrix:
    """Errors of recognition, and every measure of the main table, by beta."""
    names = {_label(beta): f"{beta:g}" for beta in betas}
    columns = [column for column in board.main_columns if not column.ratio]
    values: dict[str, dict[str, float | None]] = {}
    for name, shown in names.items():
        row = _row(board, name)
        spatial, temporal = _errors(row) or (None, None)
        own = {column.title: row.measures[column.key] for column in columns} if row else {}
        values[shown] = {"spatial error (%)": spatial, "temporal error (%)": temporal, **own}
    titles = ["spatial error (%)", "temporal error (%)", *(column.title for column in columns)]
    return Matrix("by beta", titles, values, head="beta", digits=3)


def _row(board: Leaderboard, name: str) -> Row | None:
    return next((row for row in board.rows if row.sr == name), None)


def _errors(row: Row | None) -> tuple[float, float] | None:
    """Of the spatial and the temporal stream, in percent."""
    found = [row.streams[stream].top1 for stream in ("spatial", "temporal")] if row else []
    known = [100.0 - top1 for top1 in found if top1 is not None]
    return (known[0], known[1]) if len(known) == 2 else None


def _label(beta: float) -> str:
    return f"beta-{beta:g}"
