"""What nodes of a cluster say of themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.doctor import examine_cluster
from harness.running.executors import nodes
from harness.running.executors.nodes import Node, look_around


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data" / "below").mkdir(parents=True)
    (tmp_path / "data" / "below" / "clip.avi").write_bytes(b"1234")
    return tmp_path / "data"


def test_a_folder_is_told_from_one_with_other_files(data: Path, tmp_path: Path) -> None:
    here = look_around(str(data))
    assert here.files == 1 and here == look_around(str(data))
    assert look_around(str(tmp_path / "gone")).files is None
    (data / "below" / "clip.avi").write_bytes(b"12345")
    assert look_around(str(data)).digest != here.digest


def test_every_node_is_held_against_this_machine(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = look_around(str(data))
    others = [
        replace(here, host="fine", cuda=("H100", "H100")),
        replace(here, host="old", versions={**here.versions, "torch": "1.0"}),
        replace(here, host="bare", files=None, digest=""),
        replace(here, host="half", digest="another"),
        Node("silent", {}, problem="did not answer within 120 s"),
    ]
    monkeypatch.setattr(nodes, "look_at_nodes", lambda address, data: others)
    found = list(examine_cluster("auto", data))
    broken = {d.what: d.detail for d in found if d.status == "broken"}
    assert set(broken) == {"node old, torch", "node bare, data folder", "node half, data folder", "node silent"}
    assert broken["node old, torch"] == f"1.0, but {here.versions['torch']} here; use one version"
    assert "there is no folder" in broken["node bare, data folder"]
    assert {d.what: d.detail for d in found}["node fine, CUDA"] == "H100, H100"


@pytest.fixture
def ray_here() -> Iterator[None]:
    ray = pytest.importorskip("ray", reason="Ray is not installed (extra `cluster`)")
    yield
    ray.shutdown()


@pytest.mark.slow
def test_a_node_of_a_real_cluster_answers(ray_here: None, data: Path) -> None:
    found = list(examine_cluster("local", data))
    assert len(found) == 6 and all(diagnosis.status == "ok" for diagnosis in found)
