"""The harness from Python: what the command line does, as functions with types.

from harness import api

done = api.run("mini-2", sr="bicubic,vdsr", recognizer="tsn", limit=12, out="runs/small")
for row in done.board.rows:
    print(row.sr, row.streams["fusion"].top1)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from harness.contracts import Progress
from harness.errors import RunFolderError, UnknownNameError, UsageError
from harness.leaderboard.comparing import Compared, compare_boards
from harness.leaderboard.robustness import Robustness, robustness_of
from harness.leaderboard.table import Leaderboard, build
from harness.leaderboard.write import Written, write_board, write_folder
from harness.planning.benchmark import Benchmark, load_benchmark
from harness.planning.cells import Cell
from harness.planning.computing import FULL, Computing
from harness.planning.selecting import Request
from harness.registry import Registry
from harness.registry import registry as installed
from harness.running.again import open_again
from harness.running.ahead import clips_to_do
from harness.running.build import pick_device
from harness.running.context import RunContext, open_context
from harness.running.merging import load_runs, require_same_protocol
from harness.running.reading import RunRecord, load_run
from harness.running.recorder import Listener
from harness.running.saving import SUFFIX
from harness.running.saving import save_frames as write_frames
from harness.running.store import RunFolder, open_run
from harness.running.workflow import Outcome, execute, outcome_of, record_start, waiting_cells
from harness.specs import CEILING, DEFAULT_BENCHMARK
from harness.video.encoding import LOSSLESS, Encoding

Paths = str | Path | Sequence[str | Path]
Listening = Callable[[dict[str, int]], AbstractContextManager[Listener]]
"""Called with the clips that every method has to do; gives what is told of events while they are done."""


class Unheard:
    """A listener that tells nobody."""

    def loading(self, what: str) -> None: ...

    def clip_done(self, method: str, seconds: float) -> None: ...

    def cell_finished(self, cell: Cell, status: str, reason: str | None) -> None: ...


@dataclass(frozen=True)
class Done:
    """A run that ended: its folder, the tables that it left, how its cells ended, and what reports were written."""

    folder: Path
    record: RunRecord
    board: Leaderboard
    outcome: Outcome
    written: Written

    @property
    def ok(self) -> bool:
        """Whether no cell and no report failed; skipped cells do not count."""
        return not self.outcome.failed and not self.written.failures


def run(
    benchmark: str | Path = DEFAULT_BENCHMARK,
    *,
    sr: str = "all",
    recognizer: str = "all",
    limit: int | None = None,
    out: str | Path | None = None,
    data: str | Path | None = None,
    device: str = "auto",
    precision: str = FULL,
    tile: int | None = None,
    compiled: bool = False,
    resume: bool = True,
    skip_unreadable: bool = False,
    save_frames: Sequence[str] = (),
    frames_codec: str = LOSSLESS,
    registry: Registry | None = None,
    listening: Listening | None = None,
) -> Done:
    """Run SR methods and recognisers over a benchmark, as ``harness run`` does; the same call again resumes.

    Arguments are those of the command line; `listening` is told of clips and cells as they are done. Raises
    `UsageError` for anything that does not exist, `RunFolderError` where the folder cannot be used. A cell that fails
    raises nothing: see `Done.outcome`.
    """
    known = registry or installed()
    loaded = load_benchmark(str(benchmark))
    if loaded.degradations:
        raise UsageError(
            f"benchmark {loaded.name} lists several degradations, each of which is a run of its own: from Python, run "
            "a benchmark file with one `degradation`; `harness run` takes them in turn"
        )
    request = Request(
        loaded, sr, recognizer, limit, Path(data) if data else None, device,
        skip_unreadable=skip_unreadable, computing=Computing(precision, tile, compiled),
    )  # fmt: skip
    context = open_context(request, known)
    require_methods(context, save_frames, frames_codec)
    with open_run(Path(out) if out else default_folder(request)) as folder:
        if not resume:
            folder.clear()
        compute(context, request, known, folder, listening)
        done = score(context, known, folder)
        if save_frames:
            save(done, save_frames, frames_codec, request, known)
        known.manager.hook.harness_run_finished(run=folder)
    return done


def leaderboard(
    runs: Paths,
    *,
    pairs: Sequence[str] = (),
    fusion: tuple[float, float] | None = None,
    protocol: str | None = None,
    registry: Registry | None = None,
) -> Leaderboard:
    """The table of a run folder, or of several of one protocol as one.

    Raises `RunFolderError` for what is no run, `UsageError` that names the difference between two protocols.
    """
    return build(load_runs(_each(runs), protocol), pairs=pairs, fusion=fusion, registry=registry)


def compare(first: str | Path, second: str | Path, *, registry: Registry | None = None) -> Compared:
    """Two runs of one protocol, row by row, with paired tests.

    Raises `RunFolderError` for what is no run, `UsageError` for two protocols and for runs without a method in common.
    """
    records = [load_run(path) for path in (first, second)]
    require_same_protocol(*records)
    before, after = (build(record, registry=registry) for record in records)
    return compare_boards(before, after)


def robustness(runs: Mapping[str, Sequence[str | Path]], *, registry: Registry | None = None) -> list[Robustness]:
    """How accuracy falls over runs that differ in the degradation alone: by its name, a folder for every seed.

    Raises `RunFolderError` for what is no run, and for runs of different clips.
    """
    boards = {name: [build(load_run(Path(run)), registry=registry) for run in every] for name, every in runs.items()}
    return robustness_of(boards)


def write_robustness(
    benchmark: Benchmark, boards: Mapping[str, Sequence[Leaderboard]], folder: Path
) -> tuple[list[Robustness], list[Path]]:
    """``robustness.md``, ``.csv`` and ``.png`` in a folder; returns the tables and the files.

    Nothing is written for runs without a recogniser.
    """
    from harness.leaderboard import lines
    from harness.leaderboard.robustness import page

    found, title = robustness_of(boards), benchmark.title
    if not found:
        return [], []
    panels = [one.accuracies for one in found]
    files = {
        "robustness.md": page.markdown(title, found, benchmark.notes).encode(),
        "robustness.csv": page.comma_separated(found).encode(),
        "robustness.png": lines.render(title, panels, "degradation", (CEILING, found[0].floor)),
    }
    write_folder(folder, files)
    return found, [folder / name for name in files]


def default_folder(request: Request) -> Path:
    """``runs/mini-2``, or ``runs/mini-2-72`` for a subset: another set of clips never lands in the same folder."""
    return Path("runs") / (request.benchmark.name + (f"-{request.limit}" if request.limit else ""))


def compute(
    context: RunContext, request: Request, registry: Registry, folder: RunFolder, listening: Listening | None = None
) -> dict[str, float]:
    """Compute what is waiting and record it. Returns seconds by stage.

    Raises `RunFolderError` where nothing can be written any more.
    """
    record_start(context, request, folder)
    registry.manager.hook.harness_run_started(run=folder)
    waiting = waiting_cells(context.plan, folder.path, skip_unreadable=request.skip_unreadable)
    todo = clips_to_do(context.plan, waiting, folder)
    try:
        with listening(todo) if listening else nullcontext(Unheard()) as listener:
            seconds = execute(context, request, folder, registry, listener)
    except (KeyboardInterrupt, SystemExit):  # the latter where the reader of a pipe is gone
        folder.set_status("interrupted")
        raise
    except OSError as error:  # of recording: whatever a plugin raises fails its cell
        with suppress(OSError):
            folder.set_status("stopped")
        why = error.strerror or error
        raise RunFolderError(f"{folder.path}: {why}; make room, and the same command resumes the run") from error
    folder.set_status("finished")
    return seconds


def score(context: RunContext, registry: Registry, folder: RunFolder) -> Done:
    """The table of what was computed, and the reports that every run's folder keeps."""
    record = load_run(folder.path)
    board = build(record, registry=registry)
    written = write_board(board, record, registry, folder.path)
    return Done(folder.path, record, board, outcome_of(context.plan, folder), written)


def require_methods(context: RunContext, names: Sequence[str], codec: str) -> None:
    """Raise `UnknownNameError` for a method to be saved that is not in the plan, `UsageError` for an unknown codec."""
    labels = [part.label for part in context.plan.methods]
    for name in names:
        if name not in labels:
            raise UnknownNameError("method of this run to save frames of", name, labels)
    if names:
        Encoding(codec).check(Path(f"x{SUFFIX}"))


def save(
    done: Done, names: Sequence[str], codec: str, request: Request, registry: Registry, progress: Progress | None = None
) -> list[str]:
    """Keep the restored clips of some methods in the run's folder; returns a line for each that could not be."""
    again = open_again(done.record, registry, request.data, pick_device(request.device))
    return write_frames(again, done.record, names, codec, progress)


def _each(runs: Paths) -> Sequence[str | Path]:
    paths = [runs] if isinstance(runs, str | Path) else list(runs)
    if not paths:
        raise UsageError("name at least one run folder")
    return paths
