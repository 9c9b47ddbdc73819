"""A benchmark whose recogniser is trained in seconds."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.paths import benchmarks_folder


@pytest.fixture
def benchmark(tmp_path: Path) -> str:
    """The mini-2 benchmark under another name."""
    path = tmp_path / "tiny.yaml"
    path.write_text((benchmarks_folder() / "mini-2.yaml").read_text().replace("name: mini-2", "name: tiny"))
    return str(path)


@pytest.fixture(autouse=True)
def _own_clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test prepares its clips itself."""
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
