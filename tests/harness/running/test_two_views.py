"""Methods of two views: given both, skipped where clips have one, and never given a copy unasked."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml
from typer.testing import CliRunner

import harness
from harness.cli.main import app
from harness.contracts import Clip, SRMethod, StereoMethod
from harness.datasets.annotated import AnnotatedDataset
from harness.errors import ClipError, ContractError, UsageError
from harness.methods import Bicubic
from harness.planning.benchmark import find_benchmark, load_benchmark
from harness.planning.plan import method_part
from harness.planning.resolving import degradation_part
from harness.planning.selecting import Request, make_plan
from harness.registry import Registry, load_registry
from harness.running.build import build_degradation
from harness.running.pipeline import SourceClip, restore
from harness.running.portions import Needs
from harness.running.timing import Stopwatch
from harness.upscale import method_for
from harness.video.frames import write_video

CPU = torch.device("cpu")
STEREO = """
from harness.hookspecs import hookimpl
from harness.methods import Bicubic
from harness.specs import SRMethodSpec

class Right(Bicubic):
    def upscale_left(self, left, right, frames):
        return self.upscale(right, frames)

def build(*, scale, device, weights, second_view):
    return (Bicubic if second_view == "copy" else Right)(scale=scale, device=device)

@hookimpl
def harness_sr_methods():
    yield SRMethodSpec("right", "shows the right view", f"{__name__}:build", {"second_view": "clip"}, views=2)
"""


class Right(Bicubic):
    def upscale_left(self, left, right, frames):  # type: ignore[no-untyped-def]
        return self.upscale(right, frames)


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    file = tmp_path / "stereo.py"
    file.write_text(STEREO)
    return file


@pytest.fixture
def registry(plugin: Path) -> Registry:
    return load_registry([plugin])


@pytest.fixture
def stereo(made_clips: Callable[..., Path]) -> AnnotatedDataset:
    """Two clips and, as split ``test-right``, what is right of them: here the clips upside down."""
    folder = made_clips(classes=2, per_class=1, height=33, width=42)
    (folder / "test-right").mkdir()
    for clip in AnnotatedDataset(folder, "made").clips("test"):
        video = AnnotatedDataset(folder, "made").open(clip)
        write_video(folder / "test-right" / clip.path.name, video.read(0, video.num_frames)[:, ::-1], fps=25)
    (folder / "test-right.csv").write_text((folder / "test.csv").read_text().replace("test/", "test-right/"))
    return AnnotatedDataset(folder, "made")


def paired(dataset: AnnotatedDataset) -> list[Clip]:
    return [
        replace(clip, second_view=second)
        for clip, second in zip(dataset.clips("test"), dataset.clips("test-right"), strict=True)
    ]


def opened(dataset: AnnotatedDataset, clip: Clip, portions: int = 1) -> SourceClip:
    degradation = build_degradation(degradation_part(load_benchmark("mini-2"), load_registry()))
    video = dataset.open(clip)
    second = dataset.open(clip.second_view) if clip.second_view else None
    spans = {frame: (frame * portions // 8, portions - 1) for frame in range(8)}
    needs = Needs(spans, spans, portions)
    return SourceClip(clip, video, degradation, None, Stopwatch(CPU), CPU, needs, second=second)


@pytest.mark.parametrize("portions", [1, 2])
def test_a_method_of_two_views_is_given_both_and_others_see_the_left_alone(
    stereo: AnnotatedDataset, portions: int
) -> None:
    clip, second = paired(stereo)[0], stereo.clips("test-right")[0]
    source, other = opened(stereo, clip, portions), opened(stereo, second)
    other.advance(0)
    for portion in range(portions):
        source.advance(portion)
    both, left, right = (
        restore(method, each, [0, 5], sees_hr=False, scale=4)
        for method, each in (
            (Right(scale=4, device=CPU), source), (Bicubic(scale=4, device=CPU), source),
            (Bicubic(scale=4, device=CPU), other),
        )
    )  # fmt: skip
    assert torch.equal(both.sr([0, 5]), right.sr([0, 5])) and not torch.equal(both.sr([0, 5]), left.sr([0, 5]))
    assert isinstance(Right(scale=4, device=CPU), StereoMethod)


def test_without_a_second_view_it_is_never_given_a_copy(stereo: AnnotatedDataset) -> None:
    source = opened(stereo, stereo.clips("test")[0])
    source.advance(0)
    method: SRMethod = Right(scale=4, device=CPU)
    with pytest.raises(ContractError, match="second view that was not opened"):
        restore(method, source, [0], sees_hr=False, scale=4)


def test_views_of_another_length_or_size_are_refused(stereo: AnnotatedDataset) -> None:
    clip = paired(stereo)[0]
    assert clip.second_view is not None
    frames = stereo.open(clip).read(0, 8)
    for other, found in ((frames[:7], "7 frames of 42x33"), (frames[:, :32], "8 frames of 42x32")):
        path = stereo.root / "other.mp4"
        write_video(path, other, fps=25)
        video = replace(clip, second_view=replace(clip.second_view, id="other", path=path))
        with pytest.raises(ClipError, match=f"its second view has {found}, and the clip has 8 of 42x33"):
            opened(stereo, video)


class Offering:
    """The data set as it is, with second views of the first `seconds` clips."""

    def __init__(self, dataset: AnnotatedDataset, seconds: int) -> None:
        self.classes, self.splits, self.open = dataset.classes, dataset.splits, dataset.open
        self.pairs, self.single = paired(dataset)[:seconds], dataset.clips("test")[seconds:]

    def clips(self, split: str) -> list[Clip]:
        return [*self.pairs, *self.single]


def reasons(dataset: AnnotatedDataset, registry: Registry, seconds: int) -> dict[str, str | None]:
    benchmark = load_benchmark("mini-2").model_copy(update={"recognizers": {}, "pairs": [], "probes": ["psnr_y"]})
    request = Request(benchmark, sr="right,right:second_view=copy")
    plan = make_plan(request, registry, Offering(dataset, seconds))
    return {cell.label: cell.skipped for cell in plan.cells}


def test_a_cell_is_skipped_where_any_clip_has_one_view_and_the_control_is_not(
    stereo: AnnotatedDataset, registry: Registry
) -> None:
    alone, some, every = (reasons(stereo, registry, seconds) for seconds in (0, 1, 2))
    assert alone["right"] == "needs a second view, which these clips lack"
    assert some["right"] == "needs a second view, which 1 of 2 clips lack"
    assert every["right"] is None
    for found in (alone, some, every):
        assert found["right:second_view=copy"] is found["bicubic"] is None


def test_what_the_second_views_show_counts_for_methods_of_two_views_alone(
    stereo: AnnotatedDataset, registry: Registry
) -> None:
    def ids(seconds: int) -> dict[str, str]:
        benchmark = load_benchmark("mini-2").model_copy(update={"recognizers": {}, "pairs": [], "probes": ["psnr_y"]})
        plan = make_plan(Request(benchmark, sr="right"), registry, Offering(stereo, seconds))
        return {cell.label: cell.id for cell in plan.cells}

    before, alone = ids(2), ids(0)
    first = stereo.root / "test-right" / "clip_0.mp4"
    shutil.copy(stereo.root / "test" / "clip_0.mp4", first)
    after = ids(2)
    assert before["bicubic"] == after["bicubic"] == alone["bicubic"]
    assert len({before["right"], after["right"], alone["right"]}) == 3


def test_one_view_is_refused_where_nothing_can_be_skipped(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="right needs a second view, and a video has one; right:second_view=copy"):
        method_for("right", registry, scale=4)
    with pytest.raises(UsageError, match=r"the steps of right\|bicubic are given one"):
        method_part("right|bicubic", registry, load_benchmark("mini-2"))
    assert method_part("right:second_view=copy|bicubic", registry, load_benchmark("mini-2")).missing is None


def test_a_run_shows_the_second_camera_to_the_method_that_wants_it(
    stereo: AnnotatedDataset, plugin: Path, tmp_path: Path
) -> None:
    file = tmp_path / "mine.yaml"
    changes = {"sr": ["right"], "pairs": [], "recognizers": {}, "probes": ["psnr_y"]}
    file.write_text(yaml.safe_dump({**yaml.safe_load(find_benchmark("mini-2").read_text()), **changes}))
    asked = ["--sr", "right,right:second_view=copy", "--data", str(stereo.root), "--out", str(tmp_path / "run")]
    found = CliRunner().invoke(app, ["run", "--plugin", str(plugin), "--benchmark", str(file), *asked])
    assert found.exit_code == 0, found.output
    rows = harness.load_run(tmp_path / "run").clips.groupby("method")["psnr_y"].mean()
    assert rows["right:second_view=copy"] == rows["bicubic"]
    assert rows["right"] < rows["bicubic"] - 3
