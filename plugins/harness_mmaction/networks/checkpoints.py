"""Checkpoints of MMAction2, of 0.x as well as 1.x: they differ in what surrounds the weights, not in their names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn

from harness.errors import WeightsError, WeightsMissingError
from harness.files import sha256
from harness.weights.loading import load_state

DROPPED = ("data_preprocessor.",)
"""Normalisation, which some versions saved; it belongs to the config."""
PUBLISHED = re.compile(r"-([0-9a-f]{8})\.pth")


class _History:
    """Stands in for mmengine's HistoryBuffer while a checkpoint is read; what it held is dropped."""


def _history_statistic(owner: object, name: str) -> str:
    """Stands in for the ``getattr`` by which a HistoryBuffer names its own methods: it looks nothing up."""
    return name


STAND_INS = {"mmengine.logging.history_buffer.HistoryBuffer": _History, "builtins.getattr": _history_statistic}
"""For what mmengine 0.10.7 saves besides tensors: a message hub with histories."""


def read_checkpoint(path: Path, network: nn.Module) -> dict[str, Tensor]:
    """The weights in a file that are for `network`, by name.

    Raises `WeightsError` for a file that is broken, unsafe or misnamed.

    MMAction2 ends the names of published files in the first eight digits of their sha256.
    """
    if not path.is_file():
        raise WeightsMissingError(f"{path}: no such weights file")
    published = PUBLISHED.search(path.name)
    if published is not None and not (found := sha256(path)).startswith(published[1]):
        raise WeightsError(
            f"{path}: wrong checksum; its name says that its sha256 begins with {published[1]}, but it is {found}; "
            "download it again, or rename it if it is your own file"
        )
    state = load_state(path, STAND_INS, like=network.state_dict())
    return {key: value for key, value in state.items() if not key.startswith(DROPPED)}


def require_classes(state: Mapping[str, Tensor], classifier: str, num_classes: int, path: Path, method: str) -> None:
    """Raises `WeightsError` if `state` lacks the weight `classifier`, or has it for another number of classes."""
    if classifier not in state:
        raise WeightsError(f"{path}: not a checkpoint of {method}: it has no {classifier!r}")
    if (trained := len(state[classifier])) != num_classes:
        raise WeightsError(
            f"{path}: trained for {trained} classes, but the data set has {num_classes}; "
            "use a checkpoint that was trained on this data set's classes"
        )
