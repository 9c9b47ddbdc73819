"""Models of ncnn, written here number by number."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from harness.errors import WeightsError, WeightsMissingError
from harness.weights.ncnn import read_ncnn

HALF, SINGLE = 0x01306B47, 0
GRAPH = """7767517
6 6
Input in 0 1 data
MemoryData mean 0 1 mean 0=1 1=1 2=3
Convolution conv 1 1 data a 0=2 1=3 4=1 5=1 6=54 9=2 -23310=1,2.000000e-01
PReLU slope 1 1 a b 0=2
ConvolutionDepthWise depth 1 1 b c 0=2 1=3 11=1 5=0 6=6 7=2
InnerProduct fc 1 1 c d 0=3 1=1 2=6
"""
rng = np.random.default_rng(0)


def drawn(*shape: int) -> np.ndarray:
    return rng.standard_normal(shape).astype(np.float32)


def tagged(array: np.ndarray, half: bool) -> bytes:
    content = array.astype(np.float16 if half else np.float32).tobytes()
    return struct.pack("<I", HALF if half else SINGLE) + content + bytes(-len(content) % 4)


@pytest.fixture
def model(tmp_path: Path) -> tuple[Path, Path, dict[str, np.ndarray]]:
    """A model with a layer of every kind: its two files and its weights."""
    weights = {
        "mean.weight": drawn(3, 1, 1),
        "conv.weight": drawn(2, 3, 3, 3).astype(np.float16),
        "conv.bias": drawn(2),
        "slope.weight": drawn(2),
        "depth.weight": drawn(2, 1, 1, 3),
        "fc.weight": drawn(3, 2),
        "fc.bias": drawn(3),
    }
    flagged = {"conv.weight": True, "depth.weight": False, "fc.weight": False}
    parts = [tagged(v, flagged[k]) if k in flagged else v.tobytes() for k, v in weights.items()]
    param, binary = tmp_path / "net.param", tmp_path / "net.bin"
    param.write_text(GRAPH)
    binary.write_bytes(b"".join(parts))
    return param, binary, weights


def test_every_layer_is_read_in_its_shape_and_order(model: tuple[Path, Path, dict[str, np.ndarray]]) -> None:
    param, binary, weights = model
    found = read_ncnn(param, binary)
    assert list(found) == list(weights)
    for name, expected in weights.items():
        assert torch.equal(found[name], torch.from_numpy(expected)), name


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda param, content: (param, content[:-4]), "cut short"),
        (lambda param, content: (param, content + bytes(8)), "has 8 bytes more than"),
        (lambda param, content: (param, content[:12] + b"\x38\x4b\x0d\0" + content[16:]), "quantised weights"),
        (lambda param, content: (param.replace("7767517", "ONNX"), content), "its first line is not 7767517"),
        (lambda param, content: (param.replace("6=54", "6=0"), content), "damaged, or not a graph"),
        (lambda param, content: (param.replace("0=2 1=3 4=1", "0=-2 1=3 4=1"), content), "damaged, or not a graph"),
        (lambda param, content: (param.replace("0=2 1=3 4=1", "0=x"), content), "damaged, or not a graph"),
        (lambda param, content: (param.replace("6=54", "6=54000000000000"), content), "cut short"),
        (lambda param, content: (param.replace("PReLU", "LSTM"), content), "layer slope is a LSTM"),
    ],
)  # fmt: skip
def test_what_is_damaged_or_unknown_is_said(
    model: tuple[Path, Path, dict[str, np.ndarray]], change: object, message: str
) -> None:
    param, binary, _ = model
    text, content = change(param.read_text(), binary.read_bytes())  # type: ignore[operator]
    param.write_text(text)
    binary.write_bytes(content)
    with pytest.raises(WeightsError, match=message):
        read_ncnn(param, binary)


def test_a_file_that_is_not_there_is_missing(model: tuple[Path, Path, dict[str, np.ndarray]]) -> None:
    param, binary, _ = model
    binary.unlink()
    with pytest.raises(WeightsMissingError, match="no such file of an ncnn model"):
        read_ncnn(param, binary)
