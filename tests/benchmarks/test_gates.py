"""The quality gates: their verdicts, the command on networks that were never trained, and the committed page."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness_benchmarks.gatepage import page
from harness_benchmarks.gates import app
from harness_benchmarks.gating import RECOGNISER, streams_of
from harness_benchmarks.trained import training
from harness_benchmarks.verdicts import GATES, Comparison, Verdict, verdicts
from typer.testing import CliRunner

from harness.paths import benchmarks_folder
from harness.planning.benchmark import load_benchmark
from harness.planning.resolving import resolve_part, with_weights
from harness.registry import registry
from harness.specs import OFFICIAL, ProbeSpec, SRMethodSpec
from harness.training.card import header, write_card
from harness.weights.loading import save_state
from harness_basicsr.networks.vdsr_arch import VDSR

REPORTS = Path(__file__).parents[2] / "reports" / "mini"
PARTNERS = Comparison(partners={"esrgan": "rrdb"}, notes={"several frames": {"duf28": "a fifth of the parameters"}})
MEASURED = {
    "srresnet": ("pixel", 2.41, 0.151, 2.2), "vdsr": ("pixel", 1.29, 0.2505, 3.93), "rrdb": ("pixel", 2.6, 0.1402, 3.0),
    "esrgan": ("perceptual", -0.4, 0.0713, 6.1), "sosr": ("perceptual", 0.9, 0.0801, 1.0),
    "duf16": ("multi-frame", 2.61, 0.14, -0.4), "duf28": ("multi-frame", 2.6, 0.141, None),
}  # fmt: skip


def judged(comparison: Comparison = PARTNERS) -> dict[tuple[str, str], Verdict]:
    keys = ("name", "family", "gain", "lpips", "peak")
    rows = [dict(zip(keys, (name, *numbers), strict=True)) for name, numbers in MEASURED.items()]
    return {(verdict.gate, verdict.network): verdict for verdict in verdicts(rows, comparison)}


def test_every_gate_judges_the_networks_that_it_is_meant_for() -> None:
    found = {key: verdict.holds for key, verdict in judged().items()}
    assert {key: holds for key, holds in found.items() if key[0] != "chessboard"} == {
        ("pixel", "srresnet"): True, ("pixel", "vdsr"): False, ("pixel", "rrdb"): True,
        ("several frames", "duf16"): True, ("several frames", "duf28"): False,
        ("perceptual", "esrgan"): True, ("perceptual", "sosr"): False,
    }  # fmt: skip
    assert [name for gate, name in found if gate == "chessboard" and found[gate, name]] == [
        "srresnet", "rrdb", "sosr", "duf16",
    ]  # fmt: skip


def test_a_verdict_says_what_it_was_measured_against() -> None:
    found = judged()
    assert found["perceptual", "esrgan"] == Verdict("perceptual", "esrgan", 0.0713, 0.1402, "rrdb", True, "")
    several = found["several frames", "duf28"]
    assert several == Verdict("several frames", "duf28", 2.6, 2.6, "rrdb", False, "a fifth of the parameters")


def test_without_its_pixel_network_a_perceptual_one_does_not_pass() -> None:
    absent = Comparison(partners={"esrgan": "rrdb-2"})
    assert judged(absent)["perceptual", "esrgan"] == Verdict("perceptual", "esrgan", 0.0713, None, "rrdb-2", False, "")


def test_the_row_of_a_pixel_network_is_one_whatever_its_method_is() -> None:
    assert PARTNERS.family("rrdb", "perceptual") == "pixel" and PARTNERS.family("esrgan", "perceptual") == "perceptual"


@pytest.fixture
def asked(drifting_clips: Path, small_benchmark: Callable[..., Path], tmp_path: Path) -> list[str]:
    """The command for a benchmark with a recipe and weights of an untrained VDSR, which holds out four clips."""
    file = small_benchmark(tmp_path, dataset="mini-2", weights="small", sr=["bicubic", "nearest", "vdsr"])
    recipe = {
        "network": {"num_feat": 4}, "seed": 3, "frames_per_clip": 1, "validation_clips": 4, "patch": 4, "batch": 1,
        "validate_every": 1, "stages": [{"name": "a", "iterations": 1, "train": {}}],
    }  # fmt: skip
    (tmp_path / "training" / "small").mkdir(parents=True)
    (tmp_path / "training" / "small" / "vdsr.yaml").write_text(yaml.safe_dump(recipe))
    write_weights(tmp_path / "weights" / "vdsr-small-x4.safetensors", seed=3)
    command = ["--benchmark", str(file), "--data", str(drifting_clips), "--weights", str(tmp_path / "weights")]
    return [*command, "--out", str(tmp_path / "out")]


def write_weights(file: Path, seed: int) -> None:
    file.parent.mkdir(exist_ok=True)
    said = header("vdsr", options={"num_feat": 4}, trained_on="mini-2/train", note="", scale="4")
    save_state(file, VDSR(num_feat=4).state_dict(), said)
    data = "mini-2/train: 12 frames of 12 clips; 4 clips held out with their groups"
    write_card(file, title="vdsr", fields={"seed": seed, "data": data, "iterations": "vdsr 7", "hardware": "a chip"})


@pytest.fixture
def lpips(pulled: None) -> None:
    probe = with_weights(resolve_part(ProbeSpec, "lpips", registry()), OFFICIAL)
    if reason := probe.missing:
        pytest.skip(reason)


def call(command: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    monkeypatch.chdir(folder)
    outcome = CliRunner().invoke(app, command)
    return outcome.exit_code, " ".join(outcome.output.split())


def test_the_command_measures_held_out_clips_and_fails_without_a_note(
    lpips: None, asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = call(asked, tmp_path, monkeypatch)
    assert code == 1 and "does not hold: no note" in said
    facts = json.loads((tmp_path / "out" / "training.json").read_text())
    assert (facts["clips"], facts["seed"], facts["not_measured"]) == (4, 3, {})
    floor, nearest, vdsr = facts["rows"]
    assert floor["gain"] == 0 and floor["training"] is None and nearest["gain"] < 0 < nearest["lpips"]
    assert (vdsr["name"], vdsr["training"]["iterations"], vdsr["trained_on"]) == ("vdsr", "vdsr 7", "mini-2/train")
    assert [(one["gate"], one["network"]) for one in facts["verdicts"]] == [("pixel", "vdsr"), ("chessboard", "vdsr")]
    assert (tmp_path / "out" / "training.md").read_text() == page(facts)


def test_with_a_note_for_what_does_not_hold_it_succeeds_from_what_is_measured(
    lpips: None, asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call(asked, tmp_path, monkeypatch)
    (tmp_path / "comparisons").mkdir()
    notes = {gate: {"vdsr": "untrained"} for gate in GATES}
    (tmp_path / "comparisons" / "small.yaml").write_text(yaml.safe_dump({"notes": notes}))
    code, said = call(asked, tmp_path, monkeypatch)
    assert code == 0 and "does not hold: untrained" in said and "(method, clip) done" not in said


def test_a_network_that_held_out_other_clips_is_refused(
    lpips: None, asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_weights(tmp_path / "weights" / "vdsr-small-x4.safetensors", seed=4)
    code, said = call([*asked, "--dry-run"], tmp_path, monkeypatch)
    assert code == 2 and "vdsr: its training held out 4 clips by the seed 4" in said
    assert not (tmp_path / "runs").exists()


def test_what_is_missing_is_said_in_a_sentence(
    asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call([*asked, "--weights", "no/such"], tmp_path, monkeypatch) == (
        2, "error: --weights no/such: no weights of `harness train` there; name a .safetensors or a folder",
    )  # fmt: skip
    code, said = call(asked, tmp_path, monkeypatch)  # in a fresh home
    assert code == 2 and said.startswith("error: lpips:") and "harness weights pull lpips" in said
    code, said = call([], tmp_path, monkeypatch)
    assert code == 2 and "build it: harness datasets build mini-2 --split train" in said


def test_recognisers_are_as_their_cards_say() -> None:
    streams = streams_of(load_benchmark("mini-2"), registry(), {})
    assert sorted(streams) == ["stresnet.joint", "tsn.spatial", "tsn.temporal"]
    told = training(streams["tsn.temporal"], RECOGNISER)
    assert told["accuracy on held-out clips"].startswith("98.3 %") and told["time"] == "43.3 minutes"
    said = {"method": "tsn", "stream": "spatial", "trained_on": "mini-2/train"}
    given = {Path("other.safetensors"): {**said, "trained_on": "another/train"}, Path("new.safetensors"): said}
    assert streams_of(load_benchmark("mini-2"), registry(), given)["tsn.spatial"] == Path("new.safetensors")


@pytest.fixture(scope="module")
def committed() -> Any:
    file = REPORTS / "training.json"
    if not file.is_file():
        pytest.skip("reports/mini/training.json is not made yet: make gates")
    return json.loads(file.read_text())


def test_every_gate_of_the_committed_page_holds_or_has_a_note(committed: Any) -> None:
    assert {verdict["gate"] for verdict in committed["verdicts"]} == set(GATES)
    assert not [verdict for verdict in committed["verdicts"] if not (verdict["holds"] or verdict["note"])]
    assert (REPORTS / "training.md").read_text() == page(committed)


def test_the_committed_page_is_of_the_weights_that_come_with_the_project(committed: Any) -> None:
    trained = {row["name"]: row["training"]["sha256"] for row in committed["rows"] if row["training"]}
    specs = {name: spec for name, spec in registry().all(SRMethodSpec).items() if name in trained}
    assert {name: trained[name] for name in specs} == {
        name: weights.sha256 for name, spec in specs.items() for weights in spec.weights
        if weights.tag == committed["benchmark"]
    }  # fmt: skip
    recipes = {file.stem for file in (benchmarks_folder() / "training" / committed["benchmark"]).glob("*.yaml")}
    assert not recipes & committed["not_measured"].keys()
