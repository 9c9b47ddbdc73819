"""What I3D looks at, how classes are mapped, and that it knows real clips."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

import harness_i3d
from harness.checks import check_recognizer, require
from harness.errors import UnknownNameError, UsageError, WeightsError, WeightsMissingError
from harness.video.frames import open_video
from harness.weights.catalogue import installed, installed_path
from harness.weights.loading import save_state
from harness_i3d.network import I3D
from harness_i3d.recognizer import Recognizer, build, middle, note
from harness_mmaction.class_map import SHIPPED

CPU = torch.device("cpu")
NO_FLOW = torch.empty(0, 2, 8, 8)
NO_FRAMES = torch.empty(0, 3, 8, 8)
NAMES = ["a", "b", "c", "d", "e"]


@pytest.fixture(scope="module")
def flow_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "flow.safetensors"
    save_state(path, I3D(num_classes=5, channels=2).state_dict(), {})
    return path


def temporal(checkpoint: Path | None, **options: object) -> Recognizer:
    given = {"frames": 9, "class_names": NAMES, **options}
    return build(stream="temporal", device=CPU, weights=checkpoint, **given)  # type: ignore[arg-type]


class Light(I3D):
    """Features and scores at a glance, for what is about the frames and classes around the network."""

    def features(self, clips: torch.Tensor) -> torch.Tensor:
        return clips[:, :, ::8, ::32, ::32]

    def forward(self, clips: torch.Tensor) -> torch.Tensor:
        return clips.mean((3, 4)).flatten(1)[:, : self.num_classes]


def light(recognizer: Recognizer) -> Recognizer:
    return replace(recognizer, network=Light(5, 2))


@pytest.mark.parametrize(
    ("count", "length", "found"),
    [(10, 4, [3, 4, 5, 6]), (9, 4, [2, 3, 4, 5]), (4, 4, [0, 1, 2, 3]), (3, 7, [0, 1, 2, 0, 1, 2, 0]), (1, 2, [0, 0])],
)
def test_frames_are_those_in_the_middle(count: int, length: int, found: list[int]) -> None:
    assert middle(count, length) == found


def test_spatial_and_temporal_stream_look_at_the_same_place(flow_checkpoint: Path) -> None:
    flow = temporal(flow_checkpoint)
    frames = Recognizer(flow.network, "spatial", 9, 20.0, CPU)
    assert frames.wants(30).frames == tuple(range(10, 19)) and not frames.wants(30).pairs
    assert flow.wants(30).pairs == tuple((i, i + 1) for i in range(10, 19)) and not flow.wants(30).frames
    assert flow.wants(1).pairs == ((0, 0),) * 9


def test_the_view_is_the_centre_in_minus_one_to_one(flow_checkpoint: Path) -> None:
    frames = Recognizer(temporal(flow_checkpoint).network, "spatial", 2, 20.0, CPU)
    wide = torch.zeros(2, 3, 256, 320)
    wide[1, 0, 16:240, 48:272] = 1  # what is left when 224x224 is cut out
    clip = frames.clip(wide, NO_FLOW)
    assert clip.shape == (1, 3, 2, 224, 224)
    assert torch.equal(clip[0, 0, 1], torch.ones(224, 224))
    assert torch.equal(clip[0, :, 0], -torch.ones(3, 224, 224))
    assert frames.clip(torch.rand(2, 3, 120, 160), NO_FLOW).shape == (1, 3, 2, 224, 224)


def test_flow_is_clipped_and_no_motion_is_zero(flow_checkpoint: Path) -> None:
    flow = temporal(flow_checkpoint)
    moving = torch.zeros(9, 2, 256, 256)
    moving[:, 0], moving[4:, 1] = 50, -20
    clip = flow.clip(NO_FRAMES, moving)
    assert clip.shape == (1, 2, 9, 224, 224)
    assert clip[0, :, 0, 0, 0].tolist() == pytest.approx([1, 0], abs=0.005)
    assert clip[0, :, 8, 0, 0].tolist() == pytest.approx([1, -1])
    assert light(flow).features(NO_FRAMES, moving).shape == (2, 2, 7, 7)


def test_the_contract(flow_checkpoint: Path) -> None:
    require(check_recognizer(light(temporal(flow_checkpoint)), stream="temporal", num_classes=5))


def test_classes_are_mapped_as_a_file_says(flow_checkpoint: Path, tmp_path: Path) -> None:
    file = tmp_path / "map.csv"
    file.write_text("class,model_class\nrun,3\nwalk,-\nfall,0\n")
    whole = light(temporal(flow_checkpoint))
    mapped = light(temporal(flow_checkpoint, class_names=["run", "walk", "fall"], classes=str(file)))
    flow = torch.rand(9, 2, 64, 64, generator=torch.Generator().manual_seed(0))
    scores, found = (recognizer.scores(NO_FRAMES, flow) for recognizer in (whole, mapped))
    assert found[[0, 2]].tolist() == scores[[3, 0]].tolist() and found[1] < found[[0, 2]].min()
    assert "2 of the 3 in it" in note({"classes": str(file)}) and note({"classes": ""}) == ""
    with pytest.raises(UsageError, match=r"for 5 classes, but the data set has 2; .* shipped: kinetics400-ucf101"):
        temporal(flow_checkpoint, class_names=["run", "walk"])


def test_mistakes_are_named(flow_checkpoint: Path) -> None:
    with pytest.raises(UsageError, match="frames=8: the network needs 9 or more"):
        temporal(flow_checkpoint, frames=8)
    with pytest.raises(UsageError, match="flow_bound=0: must be a positive"):
        temporal(flow_checkpoint, flow_bound=0.0)
    with pytest.raises(WeightsMissingError, match="no weights for the temporal stream"):
        temporal(None)
    with pytest.raises(UnknownNameError, match="joint"):
        build(stream="joint", class_names=NAMES, device=CPU)
    with pytest.raises(WeightsError, match=r"is for flow"):
        build(stream="spatial", class_names=NAMES, device=CPU, checkpoint=str(flow_checkpoint))


@pytest.mark.assets
@pytest.mark.slow
@pytest.mark.usefixtures("pulled")
@pytest.mark.parametrize(
    ("name", "known_as", "least"), [("PushUps", "push up", 0.99), ("BabyCrawling", "crawling baby", 0.98)]
)
def test_real_clips_are_known(name: str, known_as: str, least: float, assets: Path) -> None:
    weights = harness_i3d.KINETICS
    if not installed(weights):
        pytest.skip("needs the published weights: harness weights pull i3d")
    names = (SHIPPED / "kinetics400.txt").read_text().splitlines()
    recognizer = build(stream="spatial", class_names=names, device=CPU, weights=installed_path(weights, "i3d"))
    video = open_video(assets / "ucf101-subset" / name / f"v_{name}_g01_c01.avi")
    wanted = recognizer.wants(video.num_frames).frames
    frames = torch.from_numpy(video.pick(list(wanted))).permute(0, 3, 1, 2) / 255
    scores = recognizer.scores(frames, NO_FLOW)
    assert names[int(scores.argmax())] == known_as and float(scores.softmax(0).max()) >= least
