"""The declarations of MMAction2's recognisers, and what a plan makes of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from harness.errors import UnknownNameError, UsageError
from harness.planning.benchmark import Benchmark, load_benchmark
from harness.planning.plan import stream_parts
from harness.planning.selecting import Request
from harness.registry import Registry, load_registry
from harness.running.context import open_context
from harness_mmaction.any_config import build_recognizer, note
from harness_mmaction.configs import find_config, read_config, shipped_configs
from harness_mmaction.declared.zoo import ZOO, Entry
from harness_mmaction.views.clip_pipeline import build_pipeline

BASE = (
    "model = dict(type='Recognizer3D', backbone=dict(type='C3D'), cls_head=dict(type='I3DHead', num_classes={classes}))"
)
CONFIG = """
_base_ = ["base.py"]
optim_wrapper = dict(lr={lr})
test_dataloader = dict(dataset=dict(pipeline=[dict(type="SampleFrames", clip_len={length}, test_mode=True)]))
"""


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


@pytest.fixture(scope="module")
def benchmark_file() -> Benchmark:
    return load_benchmark("mini-2")


def write_config(folder: Path, classes: int = 4, lr: float = 0.1, length: int = 8) -> Path:
    (folder / "base.py").write_text(BASE.format(classes=classes))
    (folder / "config.py").write_text(CONFIG.format(lr=lr, length=length))
    return folder / "config.py"


@pytest.mark.parametrize("entry", ZOO, ids=lambda entry: entry.name)
def test_entries_are_those_of_the_metafile(entry: Entry) -> None:
    metafile = yaml.safe_load((find_config(entry.config).parent / "metafile.yml").read_text())
    urls = {model["Config"].removeprefix("configs/"): model.get("Weights") for model in metafile["Models"]}
    assert urls[entry.config] == entry.weights


@pytest.mark.parametrize("entry", ZOO, ids=lambda entry: entry.name)
def test_entries_sample_within_clips_of_any_length(entry: Entry) -> None:
    description = read_config(entry.config)
    assert description.stream == "spatial"
    pipeline = build_pipeline(description)
    for count in (1, 2, 9, 300):
        positions = pipeline.positions(count)
        assert min(positions) >= 0 and max(positions) < count


def test_missing_weights_say_where_they_are(registry: Registry, benchmark_file: Benchmark) -> None:
    [part] = stream_parts("tsm", registry, benchmark_file)
    assert part.stream == "spatial" and part.missing is not None
    assert "A file of your own: tsm:checkpoint=FILE. Official ones: https://download.openmmlab.com/" in part.missing
    assert part.missing.endswith("_20220831-64d69186.pth (its checksum is checked).")


def test_the_option_stream_chooses_the_stream(registry: Registry, benchmark_file: Benchmark, tmp_path: Path) -> None:
    config, weights = write_config(tmp_path), tmp_path / "weights.pth"
    weights.write_bytes(b"weights")
    text = f"mmaction:config={config},checkpoint={weights}"
    [spatial] = stream_parts(text, registry, benchmark_file)
    [temporal] = stream_parts(f"{text},stream=temporal", registry, benchmark_file)
    assert (spatial.stream, temporal.stream) == ("spatial", "temporal")
    assert spatial.identity()["stream"] == "spatial" and spatial.missing is None
    with pytest.raises(UnknownNameError, match="value of mmaction:stream"):
        stream_parts(f"{text},stream=joint", registry, benchmark_file)
    with pytest.raises(UsageError, match=r"config=none\.py: no such file"):
        stream_parts("mmaction:config=none.py,checkpoint=w.pth", registry, benchmark_file)


@pytest.mark.parametrize("name", ["mmaction", "tsn"])
def test_only_what_affects_scores_changes_the_identity(
    registry: Registry, benchmark_file: Benchmark, tmp_path: Path, name: str
) -> None:
    def identity(**change: float) -> object:
        config = write_config(tmp_path, **change)  # type: ignore[arg-type]
        weights = tmp_path / "weights.pth"
        weights.write_bytes(b"weights")
        part, *_ = stream_parts(f"{name}:config={config},checkpoint={weights}", registry, benchmark_file)
        return part.identity()

    first = identity()
    assert identity(lr=0.5) == first, "how it was trained does not matter"
    assert identity(classes=5) != first, "what stands in a `_base_` file matters"
    assert identity(length=16) != first, "the test matters"
    assert identity() == first


def test_the_header_says_how_scores_are_restricted(made_clips: Callable[..., Path], tmp_path: Path) -> None:
    registry, data = load_registry(), made_clips(classes=3, per_class=1)
    mapping, weights = tmp_path / "map.csv", tmp_path / "weights.pth"
    mapping.write_text("class,model_class\nclass_0,archery\nclass_1,-\nclass_2,bowling\nclass_2,zumba\n")
    weights.write_bytes(b"weights")
    text = f"slowonly:checkpoint={weights},classes={mapping}"
    context = open_context(Request(load_benchmark("mini-2"), sr="bicubic", recognizer=text, data=data), registry)
    [header] = [value for key, value in context.plan.protocol.items() if key.startswith("recogniser slowonly")]
    assert "config=recognition/slowonly/" in header and f"classes={mapping}" in header
    assert "scores are of the classes that map.csv maps to the model's, 2 of the 3 in it" in header
    assert "scores are logarithms of probabilities averaged over views" in header


def test_the_note_names_an_assumed_frame_rate() -> None:
    config = next(entry.config for entry in ZOO if entry.name == "x3d")
    assert "every clip is taken to have 30 frames a second" in note({"config": config, "classes": ""})


def test_building_a_network_fetches_nothing() -> None:
    """Configs name weights to start training from; some backbones require the argument, even as None."""
    csn = "recognition/csn/ircsn_ig65m-pretrained-r50-bnfrozen_8xb12-32x2x1-58e_kinetics400-rgb.py"
    assert "https://" in (shipped_configs() / csn).read_text()
    description = read_config(csn)
    assert description.model["backbone"]["pretrained"] is None
    network, _ = build_recognizer(description)
    assert sum(p.numel() for p in network.parameters()) > 10_000_000
