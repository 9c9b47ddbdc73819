"""SPAN's weights from the models of ncnn that its users exchange."""

from __future__ import annotations

import re
from pathlib import Path

from torch import Tensor

from harness.weights.ncnn import read_ncnn

LAYER = re.compile(r"/(?:block_(?P<block>\d)/)?(?P<name>\w+)/.*Conv\.(?P<what>weight|bias)")
NAMES = {
    "conv_1": "head",
    "c1_r": "first",
    "c2_r": "second",
    "c3_r": "third",
    "conv_2": "tail",
    "conv_cat": "fuse",
    "upsampler": "enlarge.0",
}


def from_ncnn(binary: Path) -> dict[str, Tensor]:
    """The state of `HarnessSPAN` from ``model.bin`` with ``model.param`` beside it; numbers stay as wide as they are.

    Raises as `read_ncnn`. What is no convolution, such as the mean RGB, is left out.
    """
    found: dict[str, Tensor] = {}
    for key, value in read_ncnn(binary.with_suffix(".param"), binary).items():
        if layer := LAYER.fullmatch(key):
            block = f"blocks.{int(layer['block']) - 1}." if layer["block"] else ""
            found[f"{block}{NAMES[layer['name']]}.{layer['what']}"] = value
    return found
