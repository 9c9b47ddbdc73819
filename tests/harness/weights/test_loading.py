"""Checkpoints are read as data: real torch checkpoints, broken ones, and real attacks."""

from __future__ import annotations

import os
import pickle
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from harness.errors import WeightsError
from harness.weights.loading import load_into, load_state, save_state

STATE = {"conv.weight": torch.arange(18.0).reshape(2, 1, 3, 3), "conv.bias": torch.zeros(2)}


@pytest.mark.parametrize("wrapper", ["params_ema", "params", "state_dict", None])
def test_load_state_unwraps_torch_checkpoints(tmp_path: Path, wrapper: str | None) -> None:
    path = tmp_path / "net.pth"
    torch.save({wrapper: STATE, "epoch": 3} if wrapper else STATE, path)
    loaded = load_state(path)
    assert loaded.keys() == STATE.keys()
    assert torch.equal(loaded["conv.weight"], STATE["conv.weight"])


def test_numbers_of_numpy_beside_the_tensors_are_read(tmp_path: Path) -> None:
    extra = {"iter": np.int64(3), "lr": np.float32(0.1), "losses": np.zeros(3), "seen": np.array([True])}
    torch.save({"state_dict": STATE, **extra}, tmp_path / "net.pth")
    assert load_state(tmp_path / "net.pth").keys() == STATE.keys()


def test_what_a_stand_in_replaces_is_read_and_anything_else_is_refused(tmp_path: Path) -> None:
    torch.save({"state_dict": STATE, "made": Fraction(1, 3)}, tmp_path / "net.pth")
    with pytest.raises(WeightsError, match=r"refused because .*fractions\.Fraction"):
        load_state(tmp_path / "net.pth")
    seen: list[int] = []

    def stand_in(*handed: int) -> None:
        seen.extend(handed)

    assert load_state(tmp_path / "net.pth", {"fractions.Fraction": stand_in}).keys() == STATE.keys()
    assert seen == [1, 3]
    with pytest.raises(WeightsError, match="refused"):  # nothing is allowed for longer than the one call
        load_state(tmp_path / "net.pth")


class Payload:
    """Creates a file when unpickled: what an attacker would do, made harmless."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.target),)


def test_a_checkpoint_with_code_is_refused_and_does_not_run(tmp_path: Path) -> None:
    target = tmp_path / "it-ran"
    torch.save({"state_dict": STATE, "extra": Payload(target)}, tmp_path / "zip.pth")
    (tmp_path / "plain.pth").write_bytes(pickle.dumps(Payload(target), protocol=2))
    for name in ("zip.pth", "plain.pth"):
        with pytest.raises(WeightsError, match=f"{name}: refused"):
            load_state(tmp_path / name)
        assert not target.exists()
    pickle.loads((tmp_path / "plain.pth").read_bytes())
    assert target.exists(), "the payload must be one that works"


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 cut"])
@pytest.mark.parametrize("name", ["net.pth", "net.safetensors"])
def test_a_broken_file_is_a_weights_error(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WeightsError, match=name):
        load_state(tmp_path / name)


def test_load_into_names_what_does_not_fit(tmp_path: Path) -> None:
    save_state(tmp_path / "w.safetensors", {"weight": torch.zeros(2, 1, 3, 3), "bias": torch.zeros(2)}, {})
    load_into(torch.nn.Conv2d(1, 2, 3), tmp_path / "w.safetensors")
    with pytest.raises(
        WeightsError,
        match=r"w.safetensors: does not fit the network.*weight is 2x1x3x3 in the file, 4x1x3x3 in the network",
    ):
        load_into(torch.nn.Conv2d(1, 4, 3), tmp_path / "w.safetensors")


@pytest.mark.assets
def test_the_authors_pickled_vdsr_is_refused(assets: Path) -> None:
    path = assets / "weights" / "vdsr-x234-twtygqyy-oldpickle.pth"
    if not path.is_file():
        pytest.skip(f"{path} is not at hand (set HARNESS_TEST_ASSETS)")
    with pytest.raises(WeightsError, match=r"refused because .*vdsr\.Net"):
        load_state(path)
