"""A run as one archive: what comes out is what went in, and nothing else is unpacked."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import api, load_run
from harness.errors import RunFolderError
from harness.running.packing import export_run, import_run


@pytest.fixture
def run(made_clips: Callable[..., Path], small_benchmark: Callable[..., Path], tmp_path: Path) -> Path:
    done = api.run(small_benchmark(tmp_path), sr="nearest", data=made_clips(), out=tmp_path / "mine", device="cpu")
    return done.folder


def test_an_archive_holds_the_run_and_nothing_of_others(run: Path, tmp_path: Path) -> None:
    (run / "thoughts.txt").write_text("private")
    export_run(run, tmp_path / "run.zip")
    place, damage = import_run(tmp_path / "run.zip", tmp_path / "there")
    assert place == tmp_path / "there" and not damage
    assert api.leaderboard(place).records == api.leaderboard(run).records
    assert load_run(place).info == load_run(run).info
    assert not (place / "thoughts.txt").exists() and not (place / ".lock").exists()


def test_it_comes_under_its_own_name_and_never_over_another(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_run(run, tmp_path / "run.zip")
    monkeypatch.chdir(tmp_path)
    assert import_run(tmp_path / "run.zip", None)[0] == Path("runs/mine")
    with pytest.raises(RunFolderError, match="runs/mine exists; name another folder with --out"):
        import_run(tmp_path / "run.zip", None)


def test_damage_on_the_way_is_told(run: Path, tmp_path: Path) -> None:
    export_run(run, tmp_path / "run.zip")
    with zipfile.ZipFile(tmp_path / "run.zip") as packed, zipfile.ZipFile(tmp_path / "bad.zip", "w") as bad:
        for entry in packed.infolist():
            content = packed.read(entry)
            bad.writestr(entry.filename, content[:-3] if entry.filename.endswith(".parquet") else content)
    _, damage = import_run(tmp_path / "bad.zip", tmp_path / "there")
    assert len(damage) == 3 and "clips.parquet is not the one that was written" in damage[0]


@pytest.mark.parametrize(
    "names",
    [["../evil.txt", "mine/run.json"], ["a/run.json", "b/run.json"], ["run.json"], ["mine/x.txt"], ["/x/run.json"]],
)
def test_what_no_export_wrote_is_not_unpacked(names: list[str], tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as made:
        for name in names:
            made.writestr(name, "{}")
    with pytest.raises(RunFolderError, match="is no archive of a run"):
        import_run(tmp_path / "x.zip", tmp_path / "there")
    assert not (tmp_path / "there").exists() and not (tmp_path.parent / "evil.txt").exists()


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut off"])
def test_what_is_no_archive_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(RunFolderError, match="cannot be unpacked"):
        import_run(tmp_path / "x.zip", tmp_path / "there")
