"""The weights catalogue against a real local server, real torch checkpoints and real attacks."""

from __future__ import annotations

import hashlib
import os
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from harness.errors import WeightsError, WeightsMissingError
from harness.specs import SRMethodSpec, Weights
from harness.weights import catalogue as weights

ASSETS = Path(os.environ.get("HARNESS_TEST_ASSETS", Path(__file__).parents[3] / ".." / "shared" / "assets"))
STATE = {"conv.weight": torch.arange(18.0).reshape(2, 1, 3, 3), "conv.bias": torch.zeros(2)}


@pytest.fixture
def remote(served: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weights:
    """A checkpoint on the local server, declared with its right checksum."""
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    folder, url = served
    weights.save_state(folder / "net.safetensors", STATE, {})
    digest = hashlib.sha256((folder / "net.safetensors").read_bytes()).hexdigest()
    return Weights("mini", digest, "mini/train", "Apache-2.0", url=f"{url}/net.safetensors", scale=4)


def spec_with(*entries: Weights) -> SRMethodSpec:
    return SRMethodSpec("net", "a network", "nowhere:build", weights=entries, needs_weights=True, trainer="a:b")


def test_pull_installs_checks_and_reports_progress(remote: Weights, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    path = weights.pull(remote, lambda done, total: seen.append((done, total)))
    assert path == tmp_path / "home" / "weights" / f"{remote.sha256[:12]}-net.safetensors"
    assert weights.installed_path(remote) == path
    assert seen[-1] == (path.stat().st_size, path.stat().st_size)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert torch.equal(weights.load_state(path)["conv.weight"], STATE["conv.weight"])


def test_pull_refuses_a_wrong_checksum_and_leaves_nothing(remote: Weights, tmp_path: Path) -> None:
    wrong = replace(remote, sha256="0" * 64)
    with pytest.raises(WeightsError, match=rf"expected sha256 0{{64}}, found {remote.sha256}"):
        weights.pull(wrong)
    assert list((tmp_path / "home" / "weights").iterdir()) == []


def test_pull_names_the_url_that_is_not_there(remote: Weights) -> None:
    with pytest.raises(WeightsError, match=r"cannot download http://127.*gone.pth: .*404"):
        weights.pull(replace(remote, url=f"{remote.url}/../gone.pth"))


def test_pull_speaks_http_only_and_stays_in_its_folder(remote: Weights, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="http or https only"):
        weights.pull(replace(remote, url=f"file://{tmp_path}/served/net.safetensors"))
    escaping = replace(remote, url=f"{remote.url}/%2e%2e%2f%2e%2e%2fescaped")
    assert weights.verify(spec_with(escaping))[0].path.parent == tmp_path / "home" / "weights"


def test_what_is_not_installed_names_the_command(remote: Weights) -> None:
    with pytest.raises(WeightsMissingError, match="harness weights pull rcan"):
        weights.installed_path(remote, "rcan")


def test_installed_path_notices_a_changed_file(remote: Weights) -> None:
    path = weights.pull(remote)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(WeightsError, match=rf"{path.name}: wrong checksum; expected sha256 {remote.sha256}, found "):
        weights.installed_path(remote)


def test_find_goes_by_tag_scale_and_stream() -> None:
    x2 = Weights("mini", "0" * 64, "mini/train", "x", file="p:a", scale=2)
    x4 = Weights("mini", "1" * 64, "mini/train", "x", file="p:b", scale=4)
    temporal = Weights("flow", "2" * 64, "mini/train", "x", file="p:c", stream="temporal")
    spec = spec_with(x2, x4, temporal)
    assert weights.find(spec, "mini", scale=4) is x4
    assert weights.find(spec, "flow", stream="temporal") is temporal
    with pytest.raises(WeightsMissingError, match=r"'mini', x3 \(declared: mini x2; mini x4; flow temporal\)"):
        weights.find(spec, "mini", scale=3)
    with pytest.raises(WeightsMissingError, match="harness train net"):
        weights.find(spec, "flow", stream="spatial")


def test_verify_reports_each_checkpoint(remote: Weights) -> None:
    there, absent = remote, replace(remote, url=None, file="harness:weights/none.safetensors")
    weights.pull(there)
    good, bad = weights.verify(spec_with(there, absent))
    assert good.problem == ""
    assert "missing from the installed package" in bad.problem


@pytest.mark.parametrize("wrapper", ["params_ema", "params", "state_dict", None])
def test_load_state_unwraps_torch_checkpoints(tmp_path: Path, wrapper: str | None) -> None:
    path = tmp_path / "net.pth"
    torch.save({wrapper: STATE, "epoch": 3} if wrapper else STATE, path)
    loaded = weights.load_state(path)
    assert loaded.keys() == STATE.keys()
    assert torch.equal(loaded["conv.weight"], STATE["conv.weight"])


def test_load_state_reads_what_mmengine_saves(tmp_path: Path) -> None:
    from mmengine.logging import HistoryBuffer

    loss = HistoryBuffer([1.0, 2.0], [1, 1])
    hub = {"log_scalars": {"loss": loss}, "runtime_info": {"iter": np.int64(3), "lr": np.float32(0.1)}}
    torch.save({"state_dict": STATE, "message_hub": hub, "meta": {"epoch": 1}}, tmp_path / "epoch_1.pth")
    assert weights.load_state(tmp_path / "epoch_1.pth").keys() == STATE.keys()


class Payload:
    """Creates a file when unpickled: what an attacker would do, made harmless."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.target),)


def test_a_checkpoint_with_code_is_refused_and_does_not_run(tmp_path: Path) -> None:
    target = tmp_path / "it-ran"
    torch.save({"state_dict": STATE, "extra": Payload(target)}, tmp_path / "zip.pth")
    (tmp_path / "plain.pth").write_bytes(pickle.dumps(Payload(target), protocol=2))
    for name in ("zip.pth", "plain.pth"):
        with pytest.raises(WeightsError, match=f"{name}: refused"):
            weights.load_state(tmp_path / name)
        assert not target.exists()
    pickle.loads((tmp_path / "plain.pth").read_bytes())
    assert target.exists(), "the payload must be one that works"


def test_the_allowance_for_mmengine_does_not_let_getattr_through(tmp_path: Path) -> None:
    class Reach:
        def __reduce__(self) -> tuple[object, ...]:
            return getattr, (torch.Tensor, "__module__")

    torch.save({"state_dict": {"w": Reach()}}, tmp_path / "reach.pth")
    with pytest.raises(WeightsError, match="'w' is not a tensor"):
        weights.load_state(tmp_path / "reach.pth")


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 cut"])
@pytest.mark.parametrize("name", ["net.pth", "net.safetensors"])
def test_a_broken_file_is_a_weights_error(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WeightsError, match=name):
        weights.load_state(tmp_path / name)


def test_load_into_names_what_does_not_fit(tmp_path: Path) -> None:
    weights.save_state(tmp_path / "w.safetensors", {"weight": torch.zeros(2, 1, 3, 3), "bias": torch.zeros(2)}, {})
    weights.load_into(torch.nn.Conv2d(1, 2, 3), tmp_path / "w.safetensors")
    with pytest.raises(WeightsError, match=r"w.safetensors: does not fit the network(.|\n)*size mismatch for weight"):
        weights.load_into(torch.nn.Conv2d(1, 4, 3), tmp_path / "w.safetensors")


@pytest.mark.assets
def test_the_authors_pickled_vdsr_is_refused() -> None:
    path = ASSETS / "weights" / "vdsr-x234-twtygqyy-oldpickle.pth"
    if not path.is_file():
        pytest.skip(f"{path} is not at hand (set HARNESS_TEST_ASSETS)")
    with pytest.raises(WeightsError, match=r"refused, .*vdsr\.Net"):
        weights.load_state(path)
