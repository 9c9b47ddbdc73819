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


PLUGIN = """
from harness.hookspecs import hookimpl
from harness.specs import SRMethodSpec
from .network import NAME

@hookimpl
def harness_sr_methods():
    yield SRMethodSpec(NAME, "mine", "harness.methods:Nearest")
"""


def plugin_with_network(folder: Path, name: str) -> Path:
    folder.mkdir()
    (folder / "network.py").write_text(f"def build():\n    from .layers.blocks import Block\n\n\nNAME = {name!r}\n")
    (folder / "layers").mkdir()
    (folder / "layers" / "__init__.py").write_text("")
    (folder / "layers" / "blocks.py").write_text("from . import padding")
    (folder / "layers" / "padding.py").write_text("PAD = 1")
    plugin = folder / f"{name}.py"
    plugin.write_text(PLUGIN)
    return plugin


@pytest.mark.parametrize("edited", ["network.py", "layers/__init__.py", "layers/blocks.py", "layers/padding.py"])
def test_what_a_plugin_file_imports_from_its_folder_counts_as_its_code(tmp_path: Path, edited: str) -> None:
    plugin = plugin_with_network(tmp_path / "one", "one")
    (tmp_path / "one" / "unrelated.py").write_text("1")
    before = digest_of_file(plugin)
    (tmp_path / "one" / "unrelated.py").write_text("2")
    assert digest_of_file(plugin) == before
    (tmp_path / "one" / edited).write_text("# edited")
    assert digest_of_file(plugin) != before


def test_each_plugin_file_imports_from_its_own_folder(tmp_path: Path) -> None:
    one, two = (plugin_with_network(tmp_path / name, name) for name in ("one", "two"))
    registry = load_registry([one, two])
    assert {"one", "two"} <= registry.all(SRMethodSpec).keys()
    assert "network" not in sys.modules


def test_a_plugin_file_in_the_folder_where_one_works_is_digested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = digest_of_file(plugin_with_network(tmp_path / "one", "one"))
    monkeypatch.chdir(tmp_path / "one")
    assert digest_of_file(Path("one.py")) == whole


def test_a_file_that_cannot_be_parsed_counts_by_its_bytes(tmp_path: Path) -> None:
    plugin = plugin_with_network(tmp_path / "one", "one")
    for content in (b"def (", b"\xff\xfe", b"x = 1\0"):
        (tmp_path / "one" / "network.py").write_bytes(content)
        assert len(digest_of_file(plugin)) == 64
