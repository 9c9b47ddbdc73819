"""The data card: how this copy of `mini` was made, and from what."""

from __future__ import annotations

import csv
import datetime
import os
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from harness_mini import encode
from harness_mini.classes import CLASSES
from harness_mini.settings import RANGES

_PACKAGES = ("pybullet", "numpy", "scipy", "opencv-python", "av")

_TEXT = """# Data card: mini

Rendered human actions, {classes} classes. Written by `harness datasets build mini`.

- **Command**: `harness datasets build mini` (seed {seed}, splits {splits})
- **Made**: {date} on {hardware}; the last call took {minutes:.1f} minutes, clips that were there already not counted
- **Versions**: Python {python}, {versions}
- **Video**: 112x112, 16 to 22 frames at 25 a second, H.264 {pixels}, crf {crf}, preset {preset}, tune {tune};
  the rendered frames follow from the seed, the files only up to codec noise

| split | clips | clips a class | groups | frames | size |
|---|---|---|---|---|---|
{counts}

## How it is made

A motion-capture recording is cut to a random part, given another pace, mirrored half of the time, and every joint angle
is moved by a few degrees that change smoothly; a body with random proportions and clothes performs it. pybullet's
TinyRenderer draws it at 224x224 and 2x2 pixels are averaged. Shadows are projected onto the floor. The camera pans
after the actor and shakes a little; a ball crosses three clips in ten. Clips of one `group` share camera, floor, wall
and light.

| class | what the actor does |
|---|---|
{actions}

The splits share nothing but the recordings and the kinds of pattern; cameras, colours of the room and pattern sizes are
drawn from disjoint ranges:

| | train | test |
|---|---|---|
{ranges}

## Origin and licence

The motion data comes from the package pybullet_data (zlib licence), which took it from DeepMimic (MIT licence), whose
recordings derive largely from the CMU Graphics Lab Motion Capture Database (mocap.cs.cmu.edu, free for all uses).
Nothing of it but its motion is in the videos, which this project rendered and gives under its own licence (Apache-2.0).
"""


def write_card(out: Path, seed: int, splits: Sequence[str], seconds: float) -> None:
    """Write `card.md` into `out` from the annotations and clips in it."""
    text = _TEXT.format(
        classes=len(CLASSES),
        seed=seed,
        splits=", ".join(splits),
        date=datetime.date.today().isoformat(),
        minutes=seconds / 60,
        hardware=f"{os.cpu_count()} processors ({platform.machine()}), no GPU used",
        python=platform.python_version(),
        versions=", ".join(f"{name} {_version(name)}" for name in _PACKAGES),
        pixels=encode.PIXELS,
        crf=encode.OPTIONS["crf"],
        preset=encode.OPTIONS["preset"],
        tune=encode.OPTIONS["tune"],
        counts="\n".join(_count(out, split) for split in splits),
        actions="\n".join(f"| {action.name} | {action.summary} |" for action in CLASSES),
        ranges="\n".join(_ranges(field) for field in ("azimuths", "heights", "distances", "hues", "cells")),
    )
    (out / "card.md").write_text(text)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _count(out: Path, split: str) -> str:
    with (out / f"{split}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    groups, frames = len({row["group"] for row in rows}), sum(int(row["num_frames"]) for row in rows)
    size = sum((out / row["path"]).stat().st_size for row in rows) / 1e6
    return f"| {split} | {len(rows)} | {len(rows) // len(CLASSES)} | {groups} | {frames} | {size:.1f} MB |"


def _ranges(field: str) -> str:
    shown = (", ".join(_span(value) for value in getattr(RANGES[split], field)) for split in ("train", "test"))
    return f"| {field} | {' | '.join(shown)} |"


def _span(value: tuple[float, float] | int) -> str:
    return str(value) if isinstance(value, int) else f"{value[0]:g} to {value[1]:g}"
