"""An edited plugin is noticed, whether it is a file or an installed package."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from harness.code import digest_of_entry, digest_of_file
from harness.registry import load_registry
from harness.specs import SRMethodSpec


def test_a_file_counts_by_its_bytes(tmp_path: Path) -> None:
    one, other = tmp_path / "one.py", tmp_path / "other.py"
    one.write_text("GAIN = 1")
    other.write_text("GAIN = 1")
    assert digest_of_file(one) == digest_of_file(other)
    other.write_text("GAIN = 2")
    assert digest_of_file(one) != digest_of_file(other)


def test_a_package_counts_by_all_its_files_but_what_python_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "my_sr_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "network.py").write_text("WIDTH = 64")
    monkeypatch.syspath_prepend(str(tmp_path))
    entry = EntryPoint("my_sr", "my_sr_package", "harness")
    before = digest_of_entry(entry)
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "network.cpython-311.pyc").write_bytes(b"compiled")
    assert digest_of_entry(entry) == before
    (package / "network.py").write_text("WIDTH = 32")
    edited = digest_of_entry(entry)
    (package / "table.csv").write_text("1,2")
    assert len({before, edited, digest_of_entry(entry)}) == 3
    assert "my_sr_package" not in sys.modules, "digesting a package does not import it"


def test_only_third_parties_have_a_code_of_their_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from harness.hookspecs import hookimpl\nfrom harness.specs import SRMethodSpec\n"
        "@hookimpl\ndef harness_sr_methods():\n    yield SRMethodSpec('mine', 'mine', 'harness.methods:Nearest')\n"
    )
    registry = load_registry([file])
    assert registry.code_of(SRMethodSpec, "mine") == digest_of_file(file)
    assert registry.code_of(SRMethodSpec, "bicubic") is None
