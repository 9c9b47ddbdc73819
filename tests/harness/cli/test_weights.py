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
    net = Weights("mini", "{digest}", "mini/train", "MIT", url="{url}/net.safetensors", scale=4)
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
    assert f"net mini: {file}" in pulled.output
    assert state(cli) == "ok"
    assert f"ok       net mini: {file}" in cli("weights", "verify").output


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
    assert f"broken   net mini: {file}: wrong checksum" in result.output


def test_pull_refuses_names_without_weights_and_unknown_ones(cli: Cli, plugin: Path) -> None:
    result = cli("weights", "pull", "bicubic", "--plugin", plugin)
    assert result.exit_code == 2 and "'bicubic' declares no weights" in result.stderr
    unknown = cli("weights", "pull", "nett").stderr
    assert "unknown SR method, recogniser, flow estimator or probe 'nett'. Did you mean 'net'" in unknown
