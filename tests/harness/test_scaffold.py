"""The starter packages: each kind installs, keeps its contract, has a test that passes, and is in the next run."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import torch

from harness.checks import check_declared, require
from harness.contracts import TrainingRequest
from harness.errors import ContractError, UnknownNameError, UsageError
from harness.hookspecs import PROJECT
from harness.registry import HOOKS, Registry, registry
from harness.scaffold import KINDS, check_name, write_package
from harness.specs import SRMethodSpec


def package_of(kind: str, folder: Path) -> Path:
    write_package(f"my_{kind}", folder, kind)
    return folder / f"my_{kind}"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One package of each kind, none installed."""
    folder = tmp_path_factory.mktemp("scaffold")
    return {kind: package_of(kind, folder) for kind in KINDS}


@pytest.fixture
def loaded(packages: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """All of them, as installed packages are loaded."""
    registry.cache_clear()
    for kind, folder in packages.items():
        monkeypatch.syspath_prepend(folder)
        registry().load(EntryPoint(f"my_{kind}", f"my_{kind}", PROJECT))
    yield registry()
    registry.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] in {f"my_{kind}" for kind in KINDS}]:
        del sys.modules[name]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_keeps_its_contract(kind: str, loaded: Registry) -> None:
    assert not loaded.failures
    specs = [spec for specs in map(loaded.all, HOOKS) for name, spec in specs.items() if name == f"my_{kind}"]
    assert len(specs) == 1
    sections = list(check_declared(specs[0], loaded, scale=4))
    assert len(sections) >= 2
    for _, checks in sections:
        require(checks)


@pytest.mark.parametrize("kind", KINDS)
def test_its_own_tests_pass(kind: str, loaded: Registry, packages: dict[str, Path], tmp_path: Path) -> None:
    (file,) = (packages[kind] / "tests").glob("test_*.py")
    options = ["-q", "-p", "no:cacheprovider", "--import-mode=importlib"]
    result = pytest.main([*options, "-c", str(packages[kind] / "pyproject.toml"), str(file)])
    assert result == pytest.ExitCode.OK


def test_a_broken_network_breaks_its_contract(loaded: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    network = importlib.import_module("my_sr.network").Network
    forward = network.forward
    monkeypatch.setattr(network, "forward", lambda self, lr: forward(self, lr).flip(1))
    with pytest.raises(ContractError, match="likeness"):
        for _, checks in check_declared(loaded.get(SRMethodSpec, "my_sr"), loaded, scale=4):
            require(checks)


@pytest.mark.parametrize("kind", KINDS)
def test_a_package_is_whole(kind: str, packages: dict[str, Path]) -> None:
    texts = [file.read_text() for file in packages[kind].rglob("*") if file.suffix in (".py", ".md", ".toml")]
    assert len(texts) >= 4 and not [text for text in texts if "${" in text]
    assert f"harness plugins check my_{kind}" in (packages[kind] / "README.md").read_text()


def test_the_sr_checkpoint_is_made_by_the_script_in_the_package(
    loaded: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few steps of it already come nearer to the textures than the network does untrained."""
    training = importlib.import_module("my_sr.train")
    for name, value in {"SIDE": 32, "PICTURES": 32}.items():
        monkeypatch.setattr(training, name, value)
    hr = training.pictures(0, 16)
    lr = training.imresize(hr, 1 / 4)
    untrained, trained = (float((training.train(n)(lr) - hr).abs().mean().detach()) for n in (0, 40))
    assert trained < untrained


def test_the_recogniser_is_trained_by_the_script_in_the_package(
    loaded: Registry, made_clips: Callable[..., Path], small_benchmark: Callable[..., Path], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """As by `harness train`, on a benchmark with other classes, which have to be written into the package."""
    training, network = importlib.import_module("my_recognizer.train"), importlib.import_module("my_recognizer.network")
    small_benchmark(tmp_path, train_split="test")
    request = TrainingRequest("my_recognizer", str(tmp_path / "small.yaml"), tmp_path, iters=3, data=made_clips())
    with pytest.raises(UsageError, match="write the classes of this data set into CLASSES: class_0, class_1, class_2"):
        training.train(request)
    for module in (training, network):
        monkeypatch.setattr(module, "CLASSES", ("class_0", "class_1", "class_2"))
    training.train(request)
    weights = tmp_path / "my_recognizer-small.safetensors"
    built = network.build(stream="spatial", class_names=["class_2"], device=torch.device("cpu"), weights=weights)
    assert built.scores(torch.rand(4, 3, 32, 40), torch.zeros(0)).shape == (1,)


def test_the_clips_are_made_by_the_script_in_the_package(loaded: Registry, tmp_path: Path) -> None:
    importlib.import_module("my_dataset.make_clips").make(tmp_path)
    shipped = Path(importlib.import_module("my_dataset").__file__ or "").parent / "clips"
    assert {f.name: f.read_bytes() for f in tmp_path.iterdir()} == {f.name: f.read_bytes() for f in shipped.iterdir()}


def python(*arguments: str, path: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(path), "OMP_NUM_THREADS": "1", "COLUMNS": "300"}
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=environment)


@pytest.mark.slow
def test_it_installs_and_is_in_the_next_run(
    packages: dict[str, Path], made_clips: Callable[..., Path], small_benchmark: Callable[..., Path], tmp_path: Path
) -> None:
    """Installed into a folder of its own, so that the project stays untouched."""
    site = tmp_path / "site"
    pip = ["-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--target", str(site)]
    done = python(*pip, str(packages["sr"]), path=site)
    assert done.returncode == 0, done.stderr
    checked = python("-m", "harness.cli.main", "plugins", "check", "my_sr", "--device", "cpu", path=site)
    assert checked.returncode == 0 and re.search(r"\b0 failed", checked.stdout), checked.stdout
    small_benchmark(tmp_path)
    files = ["--benchmark", str(tmp_path / "small.yaml"), "--data", str(made_clips()), "--out", str(tmp_path / "run")]
    done = python("-m", "harness.cli.main", "run", *files, path=site)
    assert done.returncode == 0, done.stderr
    records = {r["sr"]: r for r in json.loads((tmp_path / "run" / "leaderboard.json").read_text())["records"]}
    assert records["my_sr"]["status"] == "ok" and records["my_sr"]["params"] == 8_176
    assert records["my_sr"]["psnr_y"] != records["bicubic"]["psnr_y"]


def test_an_unknown_kind_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"unknown kind of plugin 'recogniser'. Did you mean 'recognizer'\?"):
        write_package("my_one", tmp_path, "recogniser")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["my-sr", "My_sr", "class", "1sr", "", "a b", "../up", "sr.net", "_sr"])
def test_a_name_that_cannot_be_a_package_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot name a Python package"):
        write_package(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_better_name_is_suggested() -> None:
    with pytest.raises(UsageError, match="try 'my_sr'"):
        check_name("My-SR")


@pytest.mark.parametrize("name", ["torch", "json", "harness"])
def test_a_name_that_hides_a_module_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"'{name}' would hide the installed module"):
        write_package(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(UsageError, match=r"cannot write to .*file"):
        write_package("my_sr", tmp_path / "file")
