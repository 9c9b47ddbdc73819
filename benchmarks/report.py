"""What ``--out`` holds: the numbers, a picture of them, and a page."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness_benchmarks import machine
from harness_benchmarks.bench import Bench, Section
from harness_benchmarks.drawing import draw
from harness_benchmarks.gpu import OF_GPU

from harness.running.build import pick_device

FILES = NUMBERS, PICTURE, PAGE = "bench.json", "bench.png", "README.md"
BRING = (
    "`make bench-gpu` does it on a machine with a CUDA device. Bring: a CUDA build of torch, an internet connection or "
    "a wheelhouse for `make` to install from, and for the paper's protocol `DATA=FOLDER` with UCF101 (or a part of it) "
    "and its split lists, and weights under the tag `ucf101` (`harness weights add FILE --tag ucf101`) for `duf16`, "
    "`tosr` and both streams of `tsn`; cells without weights are skipped."
)


def write(out: Path, sections: Sequence[Section], bench: Bench, seconds: float, command: Sequence[str]) -> None:
    """Write `FILES` into a folder, which is made if it is not there."""
    out.mkdir(parents=True, exist_ok=True)
    facts = {
        "command": shlex.join(command),
        "seconds": seconds,
        "machine": machine.describe(pick_device(bench.device)),
        "load_before": bench.load,
        **{section.key: section.facts for section in sections},
    }
    (out / NUMBERS).write_text(json.dumps(facts, indent=1) + "\n")
    draw(out / PICTURE, sections, where(facts["machine"]))
    (out / PAGE).write_text("\n\n".join(_page(out, facts, sections)) + "\n")


def _page(out: Path, facts: Mapping[str, Any], sections: Sequence[Section]) -> Iterator[str]:
    yield "# Speed"
    yield (
        f"Written by `{facts['command']}` (`make bench`) in {facts['seconds']:.0f} s on {where(facts['machine'])}. "
        f"Everything is of one run, so compare ratios, not seconds, with other machines. In the minute before, "
        f"{facts['load_before']:.1f} programs wanted a core on average. The seconds of pipelines and of bf16 are the "
        "clock's; the others are processor time, if one thread computes on a CPU. All numbers: "
        f"[{NUMBERS}]({NUMBERS})."
    )
    yield f"![stages of every pipeline, and the ratios]({PICTURE})"
    yield from body(sections)
    yield "## On a GPU"
    yield _of_gpus(out)


def body(sections: Sequence[Section]) -> Iterator[str]:
    """The paragraphs of a page with these sections."""
    for section in sections:
        for grid in section.grids:
            yield f"## {grid.title}"
            yield grid.as_markdown()
        yield from section.lines


def _of_gpus(out: Path) -> str:
    found = sorted(file.parent for file in out.glob(f"*/{OF_GPU}"))
    if (out / OF_GPU).exists():
        return f"This is the page of a GPU; how every step of `make bench-gpu` ended is in [{OF_GPU}]({OF_GPU})."
    if not found:
        return f"Never yet run on a GPU. {BRING}"
    return "\n".join(f"- [{folder.name}]({folder.name}/{PAGE})" for folder in found)


def where(facts: Mapping[str, Any]) -> str:
    """The machine in a line, from `machine.describe`."""
    card = f"{facts['card']}, " if facts["card"] else ""
    return (
        f"{card}{facts['processor']}, {facts['cores']} cores, {facts['threads']} thread(s) used, torch {facts['torch']}"
    )
