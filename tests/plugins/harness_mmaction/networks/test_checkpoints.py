"""What mmengine saves is read without running any of it."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer

from harness.errors import WeightsError
from harness_mmaction.networks.checkpoints import read_checkpoint

STATE = {"conv.weight": torch.arange(18.0).reshape(2, 1, 3, 3), "conv.bias": torch.zeros(2)}
NETWORK = torch.nn.Sequential(OrderedDict(conv=torch.nn.Conv2d(1, 2, 3)))


def test_a_checkpoint_with_a_message_hub_is_read(tmp_path: Path) -> None:
    loss = HistoryBuffer([1.0, 2.0], [1, 1])
    hub = {"log_scalars": {"loss": loss}, "runtime_info": {"iter": np.int64(3), "lr": np.float32(0.1)}}
    torch.save({"state_dict": STATE, "message_hub": hub, "meta": {"epoch": 1}}, tmp_path / "epoch_1.pth")
    assert read_checkpoint(tmp_path / "epoch_1.pth", NETWORK).keys() == STATE.keys()


class Reached:
    """Unpickles to an attribute of a class that any checkpoint may name, by the ``getattr`` that histories need."""

    def __call__(self) -> None: ...

    def __reduce__(self) -> tuple[object, ...]:
        return getattr, (OrderedDict, "fromkeys")


class Called:
    """Unpickles to what calling that attribute returns."""

    def __reduce__(self) -> tuple[object, ...]:
        return Reached(), ("ab",)


def test_the_attack_is_one_that_works() -> None:
    assert pickle.loads(pickle.dumps(Reached())) == OrderedDict.fromkeys
    assert pickle.loads(pickle.dumps(Called())) == {"a": None, "b": None}


def test_getattr_in_a_file_finds_nothing(tmp_path: Path) -> None:
    torch.save({"state_dict": {"w": Reached()}}, tmp_path / "reach.pth")
    with pytest.raises(WeightsError, match="'w' is not a tensor"):
        read_checkpoint(tmp_path / "reach.pth", NETWORK)


def test_what_getattr_would_have_found_cannot_be_called(tmp_path: Path) -> None:
    torch.save({"state_dict": {"w": Called()}}, tmp_path / "call.pth")
    with pytest.raises(WeightsError, match=r"call\.pth"):
        read_checkpoint(tmp_path / "call.pth", NETWORK)


def test_a_history_in_place_of_a_tensor_is_refused(tmp_path: Path) -> None:
    torch.save({"state_dict": {"w": HistoryBuffer([1.0], [1])}}, tmp_path / "history.pth")
    with pytest.raises(WeightsError, match="'w' is not a tensor"):
        read_checkpoint(tmp_path / "history.pth", NETWORK)
