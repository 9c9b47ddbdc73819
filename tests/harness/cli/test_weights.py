"""`harness weights`, against a real local server."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
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


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Declares a method whose weights a local server has."""
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "net.safetensors").write_bytes(b"weights" * 1000)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    file = tmp_path / "net_plugin.py"
    digest = hashlib.sha256(b"weights" * 1000).hexdigest()
    file.write_text(PLUGIN.format(digest=digest, url=f"http://127.0.0.1:{server.server_port}"))
    yield file
    server.shutdown()
    server.server_close()


def state(cli: Cli) -> str:
    rows = json.loads(cli("weights", "list", "--json").output)
    return next(str(row["state"]) for row in rows if row["name"] == "net")


def test_list_pull_verify(cli: Cli, plugin: Path, tmp_path: Path) -> None:
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


def test_pull_says_what_it_cannot_do(cli: Cli, plugin: Path) -> None:
    result = cli("weights", "pull", "bicubic", "--plugin", plugin)
    assert result.exit_code == 2 and "'bicubic' declares no weights" in result.stderr
    assert "unknown SR method or recogniser 'nett'. Did you mean 'net'" in cli("weights", "pull", "nett").stderr
