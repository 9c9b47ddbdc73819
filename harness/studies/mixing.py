"""Is it better to restore, or to train the recogniser on low resolution? Recognisers trained on mixtures of both.

Source: Zhang et al., Two-Stream Action Recognition-Oriented Video Super-Resolution, ICCV 2019, section 4.3 and figure
8: recognisers learn from HR and LR training clips at alpha : (4 - alpha), and see HR and LR test clips. New here is
that they see what SR methods restore as well, and may learn from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import api
from harness.contracts import TrainingRequest
from harness.leaderboard import lines, matrix
from harness.leaderboard.matrix import Matrix
from harness.leaderboard.table import Leaderboard
from harness.planning.benchmark import load_benchmark
from harness.registry import Registry
from harness.specs import CEILING, SCORED, RecognizerSpec
from harness.studies.trained import choice_of, is_trained, train_once, trainable

MIXTURES = ((4, 0), (3, 1), (2, 2), (1, 3), (0, 4))
NOTE = (
    "Each column is a recogniser trained on HR and LR clips at that ratio, LR clips restored by {restore}; each row is "
    "what it is shown in the test. 4:0 is the usual recogniser. A table of its own: nowhere else may a recogniser "
    "learn from restored frames."
)


@dataclass(frozen=True)
class MixStudy:
    """What is asked for; see `harness study mix`."""

    benchmark: str
    recognizer: str
    out: Path
    sr: str = "all"
    restore: str = ""
    recipe: str | None = None
    iters: int | None = None
    limit: int | None = None
    data: Path | None = None
    device: str = "auto"

    def folder(self, mix: tuple[int, int]) -> Path:
        """Where a recogniser is trained."""
        return self.out / _label(mix)

    def request(self, mix: tuple[int, int]) -> TrainingRequest:
        """Its training."""
        folder = self.folder(mix)
        return TrainingRequest(
            self.recognizer, self.benchmark, folder, self.iters, folder.is_dir(), self.device, self.data,
            recipe=self.recipe, mix=mix, restore=self.restore if mix[1] else "",
        )  # fmt: skip

    def missing(self, registry: Registry) -> list[tuple[int, int]]:
        """Mixtures of which the recogniser is not trained yet."""
        spec = trainable(RecognizerSpec, self.recognizer, registry)
        return [mix for mix in MIXTURES if not is_trained(spec, self.folder(mix))]

    def train(self, registry: Registry) -> None:
        """Train what is missing."""
        for mix in self.missing(registry):
            train_once(trainable(RecognizerSpec, self.recognizer, registry), self.request(mix))

    def run(self, registry: Registry, listening: api.Listening | None = None) -> api.Done:
        """Show every row to all recognisers."""
        spec, benchmark = trainable(RecognizerSpec, self.recognizer, registry), load_benchmark(self.benchmark)
        named = [choice_of(_label(mix), spec, self.folder(mix), benchmark) for mix in MIXTURES]
        return api.run(
            self.benchmark, sr=self.sr, recognizer=",".join(named), limit=self.limit, out=self.out / "run",
            data=self.data, device=self.device, registry=registry, listening=listening,
        )  # fmt: skip

    def write(self, board: Leaderboard) -> list[Path]:
        """``mix.md``, ``mix.csv`` and ``mix.png``."""
        tables = tables_of(board)
        title = f"{board.title}: HR and LR clips in training"
        restore = self.restore or load_benchmark(self.benchmark).floor
        picture = lines.render(title, tables, "HR : LR in training", (CEILING, board.floor))
        return matrix.write(self.out, "mix", title, tables, [NOTE.format(restore=f"`{restore}`")], picture)


def tables_of(board: Leaderboard) -> list[Matrix]:
    """Top-1 accuracy by method and mixture, a table for each stream that was measured."""
    found = []
    names = {_label(mix): f"{mix[0]}:{mix[1]}" for mix in MIXTURES}
    for stream in SCORED:
        values: dict[str, dict[str, float | None]] = {}
        for row in board.rows:
            if row.recognizer in names and row.streams[stream].top1 is not None:
                values.setdefault(row.sr, {})[names[row.recognizer]] = row.streams[stream].top1
        if values:
            found.append(Matrix(f"top-1 (%), {stream}", list(names.values()), values))
    return found


def _label(mix: Sequence[int]) -> str:
    return f"mix-{mix[0]}-{mix[1]}"
