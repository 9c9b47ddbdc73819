"""The recogniser: its contract, where it looks, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from harness.checks import check_declaration, check_recognizer, require
from harness.errors import UnknownNameError, WeightsError, WeightsMissingError
from harness.registry import load_registry
from harness.specs import RecognizerSpec
from harness.video import flow_input
from harness_stresnet.network import raw_scores
from harness_stresnet.sampling import pairs_around
from harness_stresnet.stresnet import JointStream, build

CLASSES = ["walk", "run", "jump", "sit"]
SMALL = {"depth": 26, "width": 4, "stack": 2, "segments": 5, "short_side": 32, "input_size": 32}


def recogniser(file: Path, **options: object) -> JointStream:
    return build(stream="joint", class_names=CLASSES, device=torch.device("cpu"), weights=file, **{**SMALL, **options})


@pytest.mark.parametrize("injection", ["add", "multiply"])
def test_the_recogniser_keeps_its_contract(checkpoint: Callable[..., Path], injection: str) -> None:
    built = recogniser(checkpoint(4), injection=injection)
    require(check_recognizer(built, stream="joint", num_classes=4))


def test_the_declaration_keeps_its_contract() -> None:
    require(check_declaration(load_registry().get(RecognizerSpec, "stresnet")))


def test_declaring_imports_nothing_heavy() -> None:
    code = "import sys, harness_stresnet; sys.exit(any(m in sys.modules for m in ('torch', 'mmengine', 'cv2')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_flow_lies_around_the_frame() -> None:
    assert pairs_around(20, 40, 10) == [(15 + i, 16 + i) for i in range(10)]
    assert pairs_around(1, 40, 10)[:6] == [(0, 1)] * 5 + [(1, 2)]
    assert pairs_around(39, 40, 10)[3:] == [(37, 38)] + [(38, 39)] * 6
    assert pairs_around(0, 1, 4) == [(0, 0)] * 4


def test_published_protocol_looks_at_25_frames_and_ten_pairs_each(checkpoint: Callable[..., Path]) -> None:
    wanted = recogniser(checkpoint(4, stack=10), stack=10, segments=25).wants(100)
    assert wanted.frames == tuple(range(2, 100, 4)) and len(wanted.pairs) == 250
    assert wanted.pairs[240:] == tuple((i, i + 1) for i in range(93, 99)) + ((98, 99),) * 4


def test_scores_are_the_mean_over_the_frame_and_its_mirror_image(checkpoint: Callable[..., Path]) -> None:
    built = recogniser(checkpoint(4))
    levels = torch.randint(0, 256, (5, 3, 32, 40)).float()
    flow = torch.randn(10, 2, 32, 40) * 5
    found = built.stream_scores(levels / 255, flow)
    moves = flow_input.quantise(flow, 20)
    with torch.inference_mode():
        plain = raw_scores(built.network, levels, moves.reshape(5, 4, 32, 40))
        mirrored = raw_scores(built.network, levels.flip(-1), flow_input.mirror(moves).reshape(5, 4, 32, 40))
    torch.testing.assert_close(found, (plain + mirrored) / 2)
    assert not torch.allclose(plain, mirrored)
    torch.testing.assert_close(built.scores(levels / 255, flow), (found[0] + found[1]) / 2)


def test_another_temporal_method_changes_only_what_sees_motion(checkpoint: Callable[..., Path]) -> None:
    built = recogniser(checkpoint(4))
    frames, other = torch.rand(2, 5, 3, 32, 32)
    flow, moved = torch.randn(2, 10, 2, 32, 32) * 5
    first = built.stream_scores(frames, flow)
    # motion is injected into appearance, so both classifiers change with it; motion knows nothing of frames
    assert not torch.isclose(built.stream_scores(frames, moved), first).all(dim=1).any()
    torch.testing.assert_close(built.stream_scores(other, flow)[1], first[1], rtol=0, atol=0)
    assert not torch.allclose(built.stream_scores(other, flow)[0], first[0])


def test_unfit_or_missing_weights_and_streams_are_refused(checkpoint: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="trained for 6 classes, but the data set has 4"):
        recogniser(checkpoint(6))
    with pytest.raises(WeightsError, match="depth, width and stack must be those"):
        recogniser(checkpoint(4), width=8)
    with pytest.raises(WeightsMissingError, match="give checkpoint=FILE"):
        build(stream="joint", class_names=CLASSES, device=torch.device("cpu"))
    with pytest.raises(UnknownNameError, match="stream of 'stresnet'"):
        build(stream="spatial", class_names=CLASSES, device=torch.device("cpu"))
