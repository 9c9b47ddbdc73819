"""Units: features averaged over space, at the width of the weights given, and weights that do not serve."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from harness.errors import HarnessError, UsageError, WeightsError, WeightsMissingError
from harness.weights.loading import save_state
from harness_attentive.coupled.units import Seen, digest
from harness_attentive.recognizer import Form
from harness_i3d.network import I3D

CPU = torch.device("cpu")
SMALL = {"frames": 9, "short_side": 64, "input_size": 64}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of both streams by name: of `attentive` in two widths, and of I3D for frames, with its classes."""
    torch.manual_seed(0)
    made = tmp_path_factory.mktemp("weights")
    for stream in ("spatial", "temporal"):
        network = Form("temporal", 1, 9, narrow=8, input_size=64).network(stream, 3)
        save_state(made / f"own-{stream}.safetensors", network.state_dict(), {})
    wider = Form("", 1, 9, narrow=4, input_size=64).network("temporal", 3)
    save_state(made / "odd-temporal.safetensors", wider.state_dict(), {})
    (made / "odd-spatial.safetensors").write_bytes((made / "own-spatial.safetensors").read_bytes())
    save_state(made / "i3d.safetensors", I3D(4, 3, narrow=4).state_dict(), {})
    save_state(made / "other.safetensors", {"conv.weight": torch.zeros(2, 3)}, {})
    return made


def inputs() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(9, 3, 64, 80, generator=generator), 4 * torch.randn(9, 2, 64, 80, generator=generator)


def test_units_are_the_streams_features_averaged_over_space(folder: Path) -> None:
    streams = Seen(str(folder / "own-{stream}.safetensors"), **SMALL).streams(CPU)
    assert streams.channels == 128
    wants = streams.wants(20)
    assert wants.frames == tuple(range(5, 14)) and wants.pairs == tuple((first, first + 1) for first in range(5, 14))
    frames, flow = inputs()
    units = streams.units(frames, flow)
    assert units.shape == (2, 2, 128) and not torch.allclose(units[0], units[1])
    own = Form("temporal", 1, 9, narrow=8, input_size=64)
    network = own.filled("spatial", 3, folder / "own-spatial.safetensors").eval()
    with torch.no_grad():
        expected = network.features(streams.spatial.clip(frames, flow))[0].mean(dim=(2, 3)).T
    torch.testing.assert_close(units[0], expected)


def test_one_file_for_frames_serves_both_streams_at_its_width(folder: Path) -> None:
    streams = Seen(str(folder / "i3d.safetensors"), **SMALL).streams(CPU)
    assert streams.channels == 256 and streams.units(*inputs()).shape == (2, 2, 256)
    rgb, flow = (stream.network.Conv3d_1a_7x7.conv3d.weight for stream in (streams.spatial, streams.temporal))  # type: ignore[attr-defined]
    torch.testing.assert_close(flow[:, 0], rgb.sum(dim=1) / 2)


def test_the_checksum_is_that_of_both_files(folder: Path) -> None:
    pattern = str(folder / "own-{stream}.safetensors")
    assert digest(pattern) == digest(pattern) != digest(str(folder / "odd-{stream}.safetensors"))


@pytest.mark.parametrize(
    ("features", "more", "error", "words"),
    [
        ("no-{stream}.pth", {}, WeightsMissingError, "no file .*no-spatial.pth; correct the path"),
        ("odd-{stream}.safetensors", {}, WeightsError, "one stream is narrower than the other"),
        ("own-temporal.safetensors", {}, WeightsError, "is for flow .* not for frames"),
        ("other.safetensors", {}, WeightsError, "not weights of I3D over Inception"),
        ("i3d.safetensors", {"input_size": 16}, UsageError, "the least are 1 frame, 32 pixels"),
        ("i3d.safetensors", {"frames": 0}, UsageError, "frames=0"),
        ("i3d.safetensors", {"flow_bound": 0.0}, UsageError, "flow_bound above 0"),
    ],
)
def test_what_does_not_serve_is_refused(
    folder: Path, features: str, more: dict[str, float], error: type[HarnessError], words: str
) -> None:
    with pytest.raises(error, match=words):
        Seen(str(folder / features), **{**SMALL, **more}).streams(CPU)  # type: ignore[arg-type]
