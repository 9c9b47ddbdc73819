"""The data card: how this copy of `mini-2` was made, and from what."""

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

_PACKAGES = ("pybullet", "numpy", "scipy", "opencv-python", "av")
_STATISTICS = "## Statistics\n"

_TEXT = """# Data card: mini-2

Rendered human actions, {classes} classes. Written by `harness datasets build mini-2`.

- **Command**: `harness datasets build mini-2{options}` (seed {seed})
- **Made**: {date} on {hardware}; the call took {minutes:.1f} minutes, clips that were there already not counted
- **Versions**: Python {python}, {versions}
- **Video**: 176x176, 16 to 22 frames at 25 a second, H.264 {pixels}, preset {preset}, crf by camera;
  the rendered frames follow from the seed, the files only up to codec noise

| split | clips | clips a class | groups | frames | size |
|---|---|---|---|---|---|
{counts}

## How it is made

A motion-capture recording is cut to a random part, given another pace, mirrored half of the time, and every joint angle
is moved by a few degrees that change smoothly; a body with random proportions and clothes performs it, in a room, a
garden or a street. Places are flat panels whose pictures are piles of overlapping shapes with sizes from a power law,
shaded by 1/f noise; they are photographed once a clip, wide enough for every way in which the camera turns, and
defocused by distance. pybullet's TinyRenderer draws the actor at 352x352. Three to eight such pictures, spread over the
time in which the shutter is open and over the pixel, are averaged for every frame, with the actor's shadow on the
floor. Then come the camera's focus, exposure, noise and encoder. An actor who stands is about 18 to 25 pixels tall at a
quarter of the size.

| class | what the actor does |
|---|---|
{actions}

Clips of one `group` share place, light and camera; each has its own actor. The splits share no group. Cameras stand
3.2 to 4.1 m away, at most 40 degrees from the actor's side. Their shutters are open for 10 to 70 % of a frame's time,
noise has a standard deviation of up to 1.2 grey levels at full exposure, and x264's crf lies between 11 and 19. A third
of the test split's cameras are out of focus (35 %; Gaussian, sigma 0.3 to 1.3 pixels), and half of the training split's
(0.3 to 1.6). Everything else is drawn from the same ranges in both.

`train-right` and `test-right` show the same moments from a camera 6.5 cm to the right, with the same ids. They are not
embedded.

## Origin and licence

The motion data comes from the package pybullet_data (zlib licence), which took it from DeepMimic (MIT licence), whose
recordings derive largely from the CMU Graphics Lab Motion Capture Database (mocap.cs.cmu.edu, free for all uses).
Nothing of it but its motion is in the videos, which this project rendered and gives under its own licence (Apache-2.0).

{trials}
{statistics}
Not measured in this copy: `python -m harness_benchmarks.natural FOLDER` measures, and writes here.
"""


def write_card(out: Path, seed: int, splits: Sequence[str], seconds: float) -> None:
    """Write `card.md` into `out` from the annotations and clips in it."""
    text = _TEXT.format(
        classes=len(CLASSES),
        seed=seed,
        options="".join(f" --split {split}" for split in splits),
        date=datetime.date.today().isoformat(),
        minutes=seconds / 60,
        hardware=f"{os.cpu_count()} processors ({platform.machine()}), no GPU used",
        python=platform.python_version(),
        versions=", ".join(f"{name} {_version(name)}" for name in _PACKAGES),
        pixels=encode.PIXELS,
        preset=encode.OPTIONS["preset"],
        counts="\n".join(_count(out, split) for split in splits),
        actions="\n".join(f"| {action.name} | {action.summary} |" for action in CLASSES),
        trials=(Path(__file__).parent / "trials.md").read_text(),
        statistics=_STATISTICS,
    )
    (out / "card.md").write_text(text)


def put_statistics(out: Path, table: str) -> None:
    """Put a table of statistics into the card of the data set in `out`, in the place of what is said there of them."""
    card = out / "card.md"
    before, heading, _ = card.read_text().partition(_STATISTICS)
    card.write_text(f"{before}{heading}\n{table}")


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
