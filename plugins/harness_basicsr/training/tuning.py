"""What a training that was tuned to a recogniser leaves beside the SR network, and how tables come to say so."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from harness.files import sha256
from harness.training.card import header, write_card
from harness.training.judges import STREAM, Judge
from harness.weights.loading import load_state, save_state
from harness_basicsr.training.job import Job
from harness_basicsr.training.judging import RECOGNISER


def tuned(job: Job, judge: Judge, network: Path) -> Sequence[str]:
    """Write the recogniser that learned with the SR network, if one did, and return what to tell the user.

    `network` is BasicSR's last checkpoint of the SR network, beside which the recogniser's is.
    """
    tag = f"sr4ir-{job.title}"
    files = [job.checkpoint]
    learned = network.with_name(f"{RECOGNISER}_latest.pth")
    if learned.is_file():
        files.append(_export(job, judge, learned))
    commands = [f"harness weights add {shlex.quote(str(file))} --tag {tag}" for file in files]
    return [f"to have tables say what it was tuned to, ask for weights: [{tag}, ...] in a benchmark after:", *commands]


def _export(job: Job, judge: Judge, learned: Path) -> Path:
    file = job.out / f"{judge.name}-{STREAM}-{job.checkpoint.name}"
    trained_on, how = job.setting.trained_on, f"{judge.title}, trained further with {job.title}"
    note = f"{how}: on HR frames of {trained_on}, on frames restored by it, and on mixtures (recipe {job.recipe_name})"
    said = header(judge.name, options=judge.options, trained_on=trained_on, note=note, stream=STREAM)
    classes = "\n".join(job.setting.dataset.classes)
    save_state(file, load_state(learned), {**said, "classes": classes})
    fields = {"started from": judge.text, "learned with": job.checkpoint.name, "sha256": sha256(file)}
    write_card(file, title=f"{judge.name}, {STREAM} stream, for {job.title}", fields=fields, notes=note)
    return file
