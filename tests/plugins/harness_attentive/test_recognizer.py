"""The recogniser: the network of its weights, the sampling and view of I3D, and errors that say what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from harness.errors import UnknownNameError, UsageError, WeightsError, WeightsMissingError
from harness.weights.loading import save_state
from harness_attentive.recognizer import Form, build

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    file = tmp_path_factory.mktemp("weights") / "spatial.safetensors"
    save_state(file, Form("temporal", 2, 9, narrow=4, input_size=64).network("spatial", 3).state_dict(), {})
    return file


def test_scores_are_those_of_the_network_on_its_view(weights: Path) -> None:
    found = build(
        stream="spatial", class_names=["a", "b", "c"], device=CPU, weights=weights, attention="temporal", heads=2,
        frames=9, narrow=4, short_side=72, input_size=64,
    )  # fmt: skip
    frames = torch.rand(9, 3, 72, 96)
    assert found.wants(20).frames == tuple(range(5, 14))
    scores = found.scores(frames, torch.empty(0))
    assert scores.shape == (3,) and torch.isfinite(scores).all()
    network = found.network
    levels = (frames[..., 4:68, 16:80] * 255).round()
    assert torch.allclose(found.clip(frames, torch.empty(0))[0], (levels / 127.5 - 1).transpose(0, 1))
    features = found.features(frames, torch.empty(0))[None]
    assert features.shape == (1, 256, 2, 2, 2)
    expected = network.classify(network.attended(features))[0]  # type: ignore[attr-defined]
    assert torch.allclose(scores, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"attention": "jiont"}, UnknownNameError, "Did you mean 'joint'"),
        ({"heads": 0}, UsageError, "1 head, 9 frames and 32 pixels are the least"),
        ({"frames": 8}, UsageError, "1 head, 9 frames and 32 pixels are the least"),
        ({"input_size": 16}, UsageError, "32 pixels are the least"),
        ({"narrow": 3}, UsageError, "narrow=3: channels are divided by 1, 2, 4 or 8"),
        ({"flow_bound": 0.0}, UsageError, "positive number of pixels"),
        ({"weights": None}, WeightsMissingError, "no weights for the spatial stream; give checkpoint=FILE"),
        ({"heads": 4}, WeightsError, "heads=4"),
        ({"attention": ""}, WeightsError, "attention=none"),
    ],
)
def test_what_does_not_fit_is_refused(
    weights: Path, given: dict[str, object], error: type[Exception], words: str
) -> None:
    usual: dict[str, object] = {
        "weights": weights, "attention": "temporal", "heads": 2, "frames": 9, "narrow": 4, "short_side": 72,
        "input_size": 64,
    }  # fmt: skip
    with pytest.raises(error, match=words):
        build(stream="spatial", class_names=["a", "b", "c"], device=CPU, **{**usual, **given})  # type: ignore[arg-type]
