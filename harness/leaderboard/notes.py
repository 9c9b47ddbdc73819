"""The words around the table: protocol header and what the statistics can tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

FEW_GROUPS = 20


def header(info: Mapping[str, Any], clips: pd.DataFrame, weights: tuple[float, float]) -> dict[str, str]:
    """The run's protocol with the clips that were scored and the fusion weights that were used."""
    protocol = {str(key): str(value) for key, value in info["protocol"].items()}
    spatial, temporal = weights
    protocol["fusion"] = f"spatial : temporal = {spatial:g} : {temporal:g} on raw scores"
    return {**protocol, "clips": _clips(info["plan"], clips)}


def detectable_note(recognizer: str | None, points: float | None) -> list[str]:
    """What difference from the floor this run can detect."""
    if points is None:
        return []
    return [f"{recognizer}: differences from the floor of about {points:.1f} points can be told apart with these clips "
            "(paired, 5 % level, power 80 %)."]  # fmt: skip


def group_note(clips: pd.DataFrame) -> list[str]:
    """A warning if intervals rest on few groups."""
    groups = clips["group"].nunique()
    if groups == 0 or groups >= FEW_GROUPS:
        return []
    return [f"Only {groups} group{'s' * (groups != 1)} of clips: intervals are rough, and mostly too narrow."]


def _clips(plan: Mapping[str, Any], clips: pd.DataFrame) -> str:
    scored, everything = plan["clips"], plan["dataset_clips"]
    part = f"all {scored} of the split"
    if scored != everything:
        part = f"{scored} of the {everything} of the split, a class-balanced subset"
    groups = clips["group"].nunique()
    return f"{part}, in {groups} groups" if groups else part
