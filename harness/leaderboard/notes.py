"""The words around the table: protocol header and what the statistics can tell."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pandas as pd

from harness.leaderboard.row import Accuracy
from harness.specs import CEILING, FLOOR

FEW_GROUPS = 20
FEWEST_TESTED = 6
"""Below it the smallest p-value of a sign-flip test over groups, two of all patterns of signs, is above 5 %."""


def header(
    info: Mapping[str, Any],
    clips: pd.DataFrame,
    weights: tuple[float, float],
    lost: int = 0,
    shown: Collection[str] = (),
) -> dict[str, str]:
    """The run's protocol with the clips that were scored and the fusion weights that were used.

    `lost` clips could not be read and are not among `clips`. Checkpoints other than the benchmark's own are named for
    the methods and streams in `shown`.
    """
    protocol = {str(key): str(value) for key, value in info["protocol"].items()}
    spatial, temporal = weights
    protocol["fusion"] = f"spatial : temporal = {spatial:g} : {temporal:g} on raw scores"
    others = "; ".join(f"{name} {used}" for name, used in info.get("weights", {}).items() if name in shown)
    told = {"weights": f"the benchmark's own, but for {others}"} if others else {}
    return {**protocol, **told, "clips": _clips(info["plan"], clips, lost)}


def unreadable_note(reasons: Mapping[str, str], clips: int) -> list[str]:
    """How many clips no row is of, because they cannot be read, and which."""
    if not reasons:
        return []
    first, others = next(iter(reasons.values())), len(reasons) - 1
    return [f"{len(reasons)} of {clips} clips cannot be read and are left out of every row: {first}"
            f"{f', and {others} more' if others else ''}"]  # fmt: skip


def remark_notes(remarks: Iterable[Mapping[str, str]]) -> list[str]:
    """What the numbers of methods depend on that no option says; `remarks` are those of all cells, by method."""
    return [f"{method}: {remark}." for of_cell in remarks for method, remark in of_cell.items()]


def detectable_note(recognizer: str | None, points: float | None) -> list[str]:
    """What difference from the floor this run can detect."""
    if points is None:
        return []
    return [f"{recognizer}: differences from the floor of about {points:.1f} points can be told apart with these clips "
            "(paired, 5 % level, power 80 %)."]  # fmt: skip


def gap_note(recognizer: str | None, rows: Mapping[str, Accuracy], floor: str = FLOOR) -> list[str]:
    """Why no share is recovered where floor and ceiling are both known."""
    if floor not in rows or CEILING not in rows or rows[floor].recovered is not None:
        return []
    return [f"{recognizer}: {CEILING} is not told apart from {floor}, so there is no gap of which a share could be "
            "recovered."]  # fmt: skip


def extremes_note(where: str, rows: Mapping[str, Accuracy], classes: int) -> list[str]:
    """A warning where the recogniser may as well guess, or where nothing is left to lose."""
    if len(rows) > 1 and all(row.top1 == 100 for row in rows.values()):
        return [f"{where}: every row is at 100 %. Nothing can be told apart; harder clips or a larger scale would."]
    ceiling = rows.get(CEILING, Accuracy())
    chance = 100 / classes
    if ceiling.top1 is None or ceiling.top1_low is None or ceiling.top1_low > chance:
        return []
    return [f"{where}: {CEILING} is at {ceiling.top1:.1f} %, which is not told apart from chance ({chance:.1f} % of "
            f"{classes} classes). Check labels, class names and weights before reading differences."]  # fmt: skip


def group_note(clips: pd.DataFrame) -> list[str]:
    """A warning where intervals rest on few groups, or on clips of which nobody said which belong together."""
    groups = clips["group"].nunique()
    # one clip of each group has groups all the same
    if groups > 1 and (clips["clip"] == clips["group"]).all():
        alone = ("Every clip is a group of its own, so intervals and tests take all clips for independent: where "
                 "several were cut from one recording, they promise too much. A data set's option `groups`, where it "
                 "has one, says which belong together.")  # fmt: skip
        return [alone, *_few(groups)]
    return _few(groups)


def _few(groups: int) -> list[str]:
    if groups == 0 or groups >= FEW_GROUPS:
        return []
    start = f"Only {groups} group{'s' * (groups != 1)} of clips: "
    if groups == 1:
        return [f"{start}no intervals, because they rest on the spread between groups."]
    if groups < FEWEST_TESTED:
        return [f"{start}with fewer than {FEWEST_TESTED} no difference can be told apart, however large."]
    return [f"{start}intervals are wide, and only large differences can be told apart."]


def _clips(plan: Mapping[str, Any], clips: pd.DataFrame, lost: int) -> str:
    scored, everything = plan["clips"], plan["dataset_clips"]
    part = f"all {scored} of the split"
    if scored != everything:
        part = f"{scored} of the {everything} of the split, a class-balanced subset"
    if lost:
        part = f"{part}, {lost} of them unreadable"
    groups = clips["group"].nunique()
    return f"{part}, in {groups} groups" if groups else part
