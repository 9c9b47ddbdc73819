"""Weights in the format of ncnn, an inference library: a graph in a text file and the numbers in a binary one.

The format: https://github.com/Tencent/ncnn/wiki/param-and-model-file-structure
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import WeightsError, WeightsMissingError, one_line

if TYPE_CHECKING:
    import torch
    from torch import Tensor

MAGIC = "7767517"
FLOAT32_TAG, FLOAT16_TAG = 0, 0x01306B47
WORD = 4
"""Bytes that arrays are aligned to."""


def read_ncnn(param: Path, binary: Path) -> dict[str, Tensor]:
    """Every weight of an ncnn model, in the order of its layers, on the CPU, by the names that ``LAYER.weight`` shows.

    `param` is the text file with the graph, `binary` the file with the numbers. LAYER is the name in `param`
    (``Conv_0``, ``/block_1/c1_r/eval_conv/Conv``). A convolution has ``LAYER.weight`` ``(outputs, inputs / groups,
    height, width)`` and ``LAYER.bias`` ``(outputs,)``, an inner product ``LAYER.weight`` ``(outputs, inputs)`` and
    ``LAYER.bias``, PReLU ``LAYER.weight`` ``(slopes,)``, and a constant ``LAYER.weight`` in its own shape, channels
    first. Numbers stay as wide as they are in the file: float16 or float32.

    Raises `WeightsMissingError` if a file is not there, and `WeightsError` for one that is damaged or not of this
    format, for two that do not belong together, and for layers and widths that are not listed here.
    """
    lines = _lines(param)
    numbers = _Numbers(binary)
    found: dict[str, Tensor] = {}
    try:
        for layer in map(_layer, lines[2:]):
            found.update(_weights(layer, numbers))
    except (ValueError, KeyError, IndexError, ZeroDivisionError, RuntimeError) as error:
        raise WeightsError(f"{param}: damaged, or not a graph of ncnn: {one_line(error)}") from error
    if numbers.left:
        raise WeightsError(f"{binary}: has {numbers.left} bytes more than {param} tells of; do they belong together?")
    return found


@dataclass(frozen=True)
class _Layer:
    kind: str
    name: str
    facts: Mapping[int, str]

    def __getitem__(self, key: int) -> int:
        """A whole number of the layer; 0 where the file says none, as in ncnn."""
        return int(self.facts.get(key, "0"))


class _Numbers:
    """The binary file, read from front to end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._bytes = bytearray(_read(path))
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._bytes) - self._at

    def tagged(self, *shape: int) -> Tensor:
        """An array whose width the file says before it."""
        import torch

        tag = int.from_bytes(self._take(WORD), "little")
        if tag not in (FLOAT32_TAG, FLOAT16_TAG):
            raise WeightsError(f"{self.path}: has quantised weights (tag {tag:#x}); take a model in float16 or float32")
        return self._array(torch.float32 if tag == FLOAT32_TAG else torch.float16, shape)

    def plain(self, *shape: int) -> Tensor:
        """An array of float32."""
        import torch

        return self._array(torch.float32, shape)

    def _array(self, kind: torch.dtype, shape: tuple[int, ...]) -> Tensor:
        import torch

        if min(shape, default=1) < 1:
            raise ValueError(f"an array of shape {shape}")
        count = math.prod(shape)
        taken = self._take(-(-count * kind.itemsize // WORD) * WORD)
        return torch.frombuffer(taken, dtype=kind, count=count).reshape(shape)

    def _take(self, length: int) -> bytearray:
        if length > self.left:
            raise WeightsError(f"{self.path}: cut short, or not the numbers of the graph beside it")
        self._at += length
        return self._bytes[self._at - length : self._at]


def _lines(param: Path) -> list[str]:
    lines = _read(param).decode("utf-8", "replace").split("\n")
    if lines[0].strip() != MAGIC:
        raise WeightsError(f"{param}: not a graph of ncnn in text: its first line is not {MAGIC}")
    return [line for line in lines if line.strip()]


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise WeightsMissingError(f"{path}: no such file of an ncnn model")
    try:
        return path.read_bytes()
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error.strerror or error}") from error


def _layer(line: str) -> _Layer:
    """``KIND NAME INPUTS OUTPUTS``, their names, and ``KEY=VALUE`` for the rest; keys of arrays are negative."""
    kind, name, inputs, outputs, *rest = line.split()
    pairs = (fact.split("=", 1) for fact in rest[int(inputs) + int(outputs) :])
    return _Layer(kind, name, {int(key): value for key, value in pairs})


def _weights(layer: _Layer, numbers: _Numbers) -> dict[str, Tensor]:
    read = KINDS.get(layer.kind, _nothing)
    return {f"{layer.name}.{what}": tensor for what, tensor in read(layer, numbers)}


Read = Iterator[tuple[str, "Tensor"]]


def _nothing(layer: _Layer, numbers: _Numbers) -> Read:
    yield from ()


def _convolution(layer: _Layer, numbers: _Numbers) -> Read:
    outputs, width = layer[0], layer[1]
    height = layer[11] or width
    yield "weight", numbers.tagged(outputs, layer[6] // (outputs * height * width), height, width)
    if layer[5]:
        yield "bias", numbers.plain(outputs)


def _inner_product(layer: _Layer, numbers: _Numbers) -> Read:
    yield "weight", numbers.tagged(layer[0], layer[2] // layer[0])
    if layer[1]:
        yield "bias", numbers.plain(layer[0])


def _prelu(layer: _Layer, numbers: _Numbers) -> Read:
    yield "weight", numbers.plain(layer[0])


def _constant(layer: _Layer, numbers: _Numbers) -> Read:
    shape = tuple(size for size in (layer[2], layer[11], layer[1], layer[0]) if size)
    yield "weight", numbers.plain(*shape)


def _refused(layer: _Layer, numbers: _Numbers) -> Read:
    raise WeightsError(f"{numbers.path}: layer {layer.name} is a {layer.kind}, whose weights are not read here")
    yield


OTHERS = (
    *("BatchNorm", "Bias", "Deconvolution", "DeconvolutionDepthWise", "Embed", "GRU", "GroupNorm", "InstanceNorm"),
    *("LSTM", "LayerNorm", "MultiHeadAttention", "Normalize", "RNN", "Scale"),
)
"""Kinds of layers whose weights nobody has needed yet."""
KINDS: Mapping[str, Callable[[_Layer, _Numbers], Read]] = {
    "Convolution": _convolution,
    "ConvolutionDepthWise": _convolution,
    "InnerProduct": _inner_product,
    "PReLU": _prelu,
    "MemoryData": _constant,
    **dict.fromkeys(OTHERS, _refused),
}
"""Kinds of layers that have weights; an unknown kind has none, and if it did, the numbers would not come out even."""
