"""The weights catalogue against a real local server."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from harness.errors import WeightsError, WeightsMissingError
from harness.files import sha256
from harness.specs import SRMethodSpec, Weights
from harness.weights import catalogue as weights
from harness.weights.loading import load_state, save_state

STATE = {"conv.weight": torch.arange(18.0).reshape(2, 1, 3, 3), "conv.bias": torch.zeros(2)}


@pytest.fixture
def remote(served: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weights:
    """A checkpoint on the local server, declared with its right checksum."""
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    folder, url = served
    save_state(folder / "net.safetensors", STATE, {})
    digest = sha256(folder / "net.safetensors")
    return Weights("mini-2", digest, "mini-2/train", "Apache-2.0", url=f"{url}/net.safetensors", scale=4)


def spec_with(*entries: Weights) -> SRMethodSpec:
    return SRMethodSpec("net", "a network", "nowhere:build", weights=entries, needs_weights=True, trainer="a:b")


def test_pull_installs_checks_and_reports_progress(remote: Weights, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    path = weights.pull(remote, "net", lambda done, total: seen.append((done, total)))
    assert path == tmp_path / "home" / "weights" / f"{remote.sha256[:12]}-net.safetensors"
    assert weights.installed_path(remote, "net") == path
    assert seen[-1] == (path.stat().st_size, path.stat().st_size)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert torch.equal(load_state(path)["conv.weight"], STATE["conv.weight"])


def test_pull_refuses_a_wrong_checksum_and_leaves_nothing(remote: Weights, tmp_path: Path) -> None:
    wrong = replace(remote, sha256="0" * 64)
    with pytest.raises(WeightsError, match=rf"expected sha256 0{{64}}, found {remote.sha256}"):
        weights.pull(wrong, "net")
    assert list((tmp_path / "home" / "weights").iterdir()) == []


def test_pull_names_the_url_that_is_not_there(remote: Weights) -> None:
    with pytest.raises(WeightsError, match=r"cannot download http://127.*gone.pth: .*404"):
        weights.pull(replace(remote, url=f"{remote.url}/../gone.pth"), "net")


def test_pull_speaks_http_only_and_stays_in_its_folder(remote: Weights, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="http or https only"):
        weights.pull(replace(remote, url=f"file://{tmp_path}/served/net.safetensors"), "net")
    escaping = replace(remote, url=f"{remote.url}/%2e%2e%2f%2e%2e%2fescaped")
    assert weights.verify(spec_with(escaping))[0].path.parent == tmp_path / "home" / "weights"


def test_what_is_not_installed_names_the_command(remote: Weights) -> None:
    with pytest.raises(WeightsMissingError, match=r"harness weights pull rcan --tag mini-2$"):
        weights.installed_path(remote, "rcan")


def test_installed_path_notices_a_changed_file(remote: Weights) -> None:
    path = weights.pull(remote, "net")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(WeightsError, match=rf"{path.name}: wrong checksum; expected sha256 {remote.sha256}, found "):
        weights.installed_path(remote, "net")


def test_find_goes_by_tag_scale_and_stream() -> None:
    x2 = Weights("mini-2", "0" * 64, "mini-2/train", "x", file="p:a", scale=2)
    x4 = Weights("mini-2", "1" * 64, "mini-2/train", "x", file="p:b", scale=4)
    temporal = Weights("flow", "2" * 64, "mini-2/train", "x", file="p:c", stream="temporal")
    spec = spec_with(x2, x4, temporal)
    assert weights.find(spec, "mini-2", scale=4) is x4
    assert weights.find(spec, "flow", stream="temporal") is temporal
    with pytest.raises(WeightsMissingError, match=r"'mini-2', x3 \(declared: mini-2 x2; mini-2 x4; flow temporal\)"):
        weights.find(spec, "mini-2", scale=3)
    with pytest.raises(WeightsMissingError, match="harness train net"):
        weights.find(spec, "flow", stream="spatial")


def test_find_takes_the_first_tag_that_there_is_and_official_ones_last() -> None:
    official = Weights("official", "0" * 64, "x", "x", file="p:a")
    vimeo = Weights("vimeo-bi", "1" * 64, "x", "x", file="p:b", scale=4)
    spec = spec_with(official, vimeo)
    assert weights.find(spec, ["ucf101", "vimeo-bi", "df2k"], scale=4) is vimeo
    assert weights.find(spec, ["ucf101", "vimeo-bi"], scale=2) is official
    with pytest.raises(WeightsMissingError, match="no weights 'ucf101' or 'df2k', x4"):
        weights.find(spec_with(vimeo), ["ucf101", "df2k"], scale=4)


def test_of_several_sources_of_a_tag_the_first_that_is_installed_counts(remote: Weights) -> None:
    other = replace(remote, url=f"{remote.url}.pth", sha256="0" * 64)
    unlike = replace(other, scale=2)
    spec = spec_with(other, remote, unlike)
    assert weights.alternatives(spec) == [[other, remote], [unlike]]
    assert weights.find(spec, "mini-2", scale=4) is other
    weights.pull(remote, "net")
    assert weights.find(spec, "mini-2", scale=4) is remote
    assert weights.find(spec, "mini-2", scale=2) is unlike


def test_verify_reports_each_checkpoint(remote: Weights) -> None:
    there, absent = remote, replace(remote, url=None, file="harness:weights/none.safetensors")
    weights.pull(there, "net")
    good, bad = weights.verify(spec_with(there, absent))
    assert good.problem == ""
    assert "missing from the installed package" in bad.problem
