"""Which clips of a training split are learnt from, and which only measure progress; no group has both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from harness.contracts import Clip
from harness.datasets.annotated import balanced_subset
from harness.errors import UsageError

Role = Literal["train", "validate"]


def hold_out(clips: Sequence[Clip], chosen: Sequence[Clip]) -> dict[str, Role]:
    """The role of each clip by id. The `chosen` ones measure progress; others of their groups have no role.

    Raises `UsageError` if no clip is left to learn from.
    """
    groups = {clip.group for clip in chosen}
    roles: dict[str, Role] = {clip.id: "train" for clip in clips if clip.group not in groups}
    if not roles:
        raise UsageError(
            f"holding out {len(chosen)} clips for validation leaves none of {len(clips)} to train on: "
            "hold out fewer, or give more clips"
        )
    return roles | dict.fromkeys((clip.id for clip in chosen), "validate")


def some_clips(clips: Sequence[Clip], count: int, seed: int) -> list[Clip]:
    """`count` clips to hold out, spread over the classes as evenly as possible."""
    return balanced_subset(clips, count, seed)


def whole_groups(clips: Sequence[Clip], share: float, seed: int) -> list[Clip]:
    """All clips of a random `share` of the groups, to hold out."""
    groups = sorted({clip.group for clip in clips})
    held = set(np.random.default_rng(seed).permutation(groups)[: round(share * len(groups))].tolist())
    return [clip for clip in clips if clip.group in held]
