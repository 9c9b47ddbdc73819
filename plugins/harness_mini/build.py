"""`harness datasets build mini-2`: render the data set `mini-2` from a seed."""

from __future__ import annotations

import csv
import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from harness.errors import UsageError
from harness.files import replacing
from harness_mini import encode
from harness_mini.card import write_card
from harness_mini.classes import CLASS_NAMES, CLASSES
from harness_mini.compat import need_pybullet
from harness_mini.plan import CLIPS_PER_GROUP, SPLITS, Job, generator, jobs
from harness_mini.render import render
from harness_mini.setting import Setting, draw_setting

HEADER = ("id", "path", "label", "group", "num_frames")


@dataclass(frozen=True)
class Rendered:
    """A finished clip and its number of frames."""

    job: Job
    num_frames: int


def build(
    out: Path,
    *,
    seed: int = 0,
    splits: Sequence[str] = ("train",),
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Render `splits` of the data set `mini-2` into `out`: `classes.txt`, `<split>.csv`, `<split>/*.mp4`, `card.md`.

    By default what is not embedded. `train-right` and `test-right` show the same moments from a camera 6.5 cm to the
    right, under the same ids: a stereo pair is a clip of `test` with that of `test-right`.
    The rendered pictures depend only on `seed`, not on the number of `workers` (processes; default: one per
    processor); the files that hold them may differ within codec noise.
    Existing clips that decode are kept, so the same call resumes after an interruption; a folder holds one seed only.
    `progress` is called with the numbers of finished and of all clips.
    Raises HarnessError if pybullet is missing, UsageError for an unknown split or a folder rendered from another seed.
    """
    unknown = [split for split in splits if split not in SPLITS]
    if unknown:
        raise UsageError(f"unknown split {unknown[0]!r} of the data set mini-2. Known: {', '.join(SPLITS)}.")
    need_pybullet()
    started = time.monotonic()
    _claim(out, seed)
    todo = [job for split in splits for job in jobs(split, seed)]
    done = _render_all(todo, out, seed, workers or os.cpu_count() or 1, progress)
    (out / "classes.txt").write_text("".join(f"{name}\n" for name in CLASS_NAMES))
    for split in splits:
        _write_annotation(out / f"{split}.csv", [clip for clip in done if clip.job.split == split])
    write_card(out, seed, splits, time.monotonic() - started)


def _claim(out: Path, seed: int) -> None:
    """Mark the folder with its seed; refuse to mix two seeds in one folder."""
    out.mkdir(parents=True, exist_ok=True)
    mark = out / "seed.txt"
    there = mark.read_text().strip() if mark.is_file() else str(seed)
    if there != str(seed):
        raise UsageError(f"{out} holds clips rendered from seed {there}, not {seed}: give another folder.")
    mark.write_text(f"{seed}\n")


def _render_all(
    todo: list[Job], out: Path, seed: int, workers: int, progress: Callable[[int, int], None] | None
) -> list[Rendered]:
    for split in {job.split for job in todo}:
        (out / split).mkdir(exist_ok=True)
    done: list[Rendered] = []
    # pybullet keeps some memory for every texture it has ever loaded: replace a process now and then
    with multiprocessing.get_context("spawn").Pool(workers, maxtasksperchild=40) as pool:
        # a group at a time, for its clips share a setting
        for clip in pool.imap(partial(make_clip, out=out, seed=seed), todo, chunksize=CLIPS_PER_GROUP):
            done.append(clip)
            if progress is not None:
                progress(len(done), len(todo))
    return done


def make_clip(job: Job, *, out: Path, seed: int) -> Rendered:
    """Render one clip into `out`, unless it is there already."""
    path = out / job.path
    if not encode.is_whole(path):
        setting = _setting(seed, job.seen, job.group)
        noise = generator(seed, f"noise of {job.path}")
        frames = render(CLASSES[job.label], setting, generator(seed, job.id), noise, right=job.right)
        encode.write(path, frames, setting.camera.crf)
    return Rendered(job, len(encode.read(path)))


@lru_cache(maxsize=1)
def _setting(seed: int, split: str, group: str) -> Setting:
    return draw_setting(split, generator(seed, group))


def _write_annotation(path: Path, clips: list[Rendered]) -> None:
    with replacing(path) as partial, partial.open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(HEADER)
        for clip in sorted(clips, key=lambda clip: clip.job.id):
            rows.writerow((clip.job.id, clip.job.path, clip.job.label, clip.job.group, clip.num_frames))
