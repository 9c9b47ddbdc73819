"""CONTRIBUTING.md is true: its code runs, its paths and commands exist, no hook is left out."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from harness import checks, hookspecs
from harness.checks import check_declared, require
from harness.cli.main import app
from harness.files import sha256
from harness.registry import load_registry
from harness.running.build import count_parameters
from harness.specs import ProbeSpec, SRMethodSpec
from harness.upscale import load_method, method_for

REPOSITORY = Path(__file__).parent.parent
CPU = torch.device("cpu")
TEXT = (REPOSITORY / "CONTRIBUTING.md").read_text()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The fenced Python blocks, put together by the file that their first line names."""
    for file, code in re.findall(r"```python\n# (\S+)\n(.*?)```", TEXT, flags=re.DOTALL):
        with (tmp_path / file).open("a") as stream:
            stream.write(code)
    return tmp_path


@pytest.fixture
def importable(files: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(files)
    yield files
    sys.modules.pop("steady", None)


def test_every_python_block_belongs_to_a_file(files: Path) -> None:
    assert TEXT.count("```python") == len(re.findall(r"```python\n# \S+\n", TEXT)) == 6
    assert {file.name for file in files.iterdir()} == {"steady.py", "test_steady.py", "my_rrdb.py", "my_esrgan.py"}


def test_the_plugin_keeps_its_contracts(files: Path) -> None:
    registry = load_registry([files / "steady.py"])
    for kind, name in ((SRMethodSpec, "steady"), (ProbeSpec, "sharpness")):
        for _, found in check_declared(registry.get(kind, name), registry):
            require(found)


def test_the_test_of_the_plugin_passes(importable: Path) -> None:
    spec = spec_from_file_location("test_steady", importable / "test_steady.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    tests = [value for name, value in vars(module).items() if name.startswith("test_")]
    assert len(tests) == 2
    for test in tests:
        test()


def test_five_lines_make_a_method_of_a_basicsr_network(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from harness_basicsr.networks.registered import find_class

    network = find_class("RRDBNet")(3, 3, 4, num_feat=32, num_block=5)
    torch.save({"params": network.state_dict()}, files / "my.pth")
    monkeypatch.chdir(files)
    assert len((files / "my_rrdb.py").read_text().splitlines()) == 5
    method = load_method(method_for("my_rrdb", load_registry([files / "my_rrdb.py"]), scale=4), scale=4, device=CPU)
    lr = torch.rand(1, 3, 6, 7)
    with torch.no_grad():
        torch.testing.assert_close(method.upscale(lr, [0]), network(lr))


def test_a_network_with_its_checkpoint_is_a_method(files: Path) -> None:
    from harness_basicsr.networks.registered import find_class

    (files / "rrdbnet_arch.py").write_text(
        "import harness_basicsr.compat\nfrom basicsr.archs.rrdbnet_arch import RRDBNet as Published\n"
        "def RRDBNet(*arguments): return Published(*arguments, num_block=1)\n"  # as published it takes seconds
    )
    network, plugin = find_class("RRDBNet")(3, 3, 4, num_block=1), files / "my_esrgan.py"
    torch.save({"params_ema": network.state_dict()}, files / "RealESRGAN_x4plus.pth")
    text = plugin.read_text()
    assert len(text.splitlines()) <= 25
    plugin.write_text(re.sub("[0-9a-f]{64}", sha256(files / "RealESRGAN_x4plus.pth"), text))
    method = load_method(method_for("my_esrgan", load_registry([plugin]), scale=4), scale=4, device=CPU)
    lr = torch.rand(1, 3, 6, 7)
    with torch.no_grad():
        torch.testing.assert_close(method.upscale(lr, [0]), network(lr))
    assert count_parameters(method) == sum(p.numel() for p in network.parameters())


def test_every_hook_is_in_the_table() -> None:
    hooks = {name for name in vars(hookspecs) if name.startswith("harness_")}
    assert len(hooks) == 12
    assert hooks == set(re.findall(r"`(harness_[a-z_]+)`", TEXT))


def test_every_check_exists() -> None:
    named = set(re.findall(r"`(check_[a-z_]+)`", TEXT))
    assert len(named) == 8 and named <= set(checks.__all__)


def test_every_path_exists() -> None:
    paths = set(re.findall(r"`((?:harness|plugins|benchmarks|tests)/[\w./]*)`", TEXT))
    assert len(paths) >= 8
    assert [path for path in paths if not (REPOSITORY / path).exists()] == []


@pytest.mark.parametrize("folder", ["harness", "harness/running", "harness/planning"])
def test_the_picture_of_the_tree_names_every_file_and_folder(folder: str) -> None:
    there = {path.stem for path in (REPOSITORY / folder).iterdir() if not path.name.startswith(("_", "py.typed"))}
    picture = re.search(r"```text\n(.*?)```", TEXT, flags=re.DOTALL)
    assert picture and len(there) > 5
    assert there - set(re.findall(r"[a-z_]+", picture[1])) == set()


def test_every_command_exists() -> None:
    commands = re.findall(r"^    harness (.+)$", TEXT, flags=re.MULTILINE)
    commands += re.findall(r"`harness ((?!plugins/)[a-z][^`/.]*)`", TEXT)
    assert len(commands) >= 5
    for command in commands:
        words = [word for word in command.split() if word != "NAME"]
        verbs = words[: 2 if words[0] in ("plugins", "datasets", "weights") else 1]
        result = CliRunner().invoke(app, [*verbs, "--help"] if not words[0].startswith("-") else words)
        assert result.exit_code == 0, command
        options = [word for word in words if word.startswith("--") and word != "--help"]
        assert [option for option in options if option not in result.output] == [], command
