"""The user's own weights, through the command line and in a run's plan."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import torch
from typer.testing import CliRunner, Result

from harness.cli.main import app
from harness.errors import WeightsError
from harness.files import sha256
from harness.registry import registry
from harness.specs import SRMethodSpec
from harness.weights import user as own_weights
from harness.weights.catalogue import find, installed_path
from harness.weights.download import fetched
from harness.weights.header import described
from harness.weights.loading import save_state

Cli = Callable[..., Result]
HEADER = {"method": "vdsr", "options": json.dumps({"num_feat": 16}), "scale": "4", "trained_on": "my videos"}


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Cli]:
    """Runs ``harness ARGUMENTS`` with its own home folder; every call reads plugins and weights again."""
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "300")

    def call(*arguments: object) -> Result:
        registry.cache_clear()
        return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="harness")

    yield call
    registry.cache_clear()


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """The shipped weights of vdsr as `harness train` would have saved them after training on other data."""
    shipped = installed_path(find(registry().get(SRMethodSpec, "vdsr"), "mini-2", scale=4), "vdsr")
    from harness.weights.loading import load_state

    file = tmp_path / "vdsr-mine-x4.safetensors"
    save_state(file, load_state(shipped), HEADER)
    return file


def test_added_weights_are_found_under_their_tag(cli: Cli, trained: Path) -> None:
    added = cli("weights", "add", trained, "--tag", "mine")
    assert added.exit_code == 0, added.output
    trained.unlink()  # the listed file is a copy
    registry.cache_clear()
    spec = registry().get(SRMethodSpec, "vdsr")
    weights = find(spec, "mine", scale=4)
    assert (weights.trained_on, weights.options, weights.scale) == ("my videos", {"num_feat": 16}, 4)
    assert installed_path(weights, "vdsr").is_file()
    assert find(spec, "mini-2", scale=4).tag == "mini-2"
    assert "mine" in cli("weights", "list").output


def test_licence_and_note_come_from_the_file_unless_given(cli: Cli, trained: Path) -> None:
    from harness.weights.loading import load_state

    save_state(trained, load_state(trained), {**HEADER, "licence": "MIT", "note": "vdsr of my videos"})
    cli("weights", "add", trained, "--tag", "kept")
    cli("weights", "add", trained, "--tag", "given", "--licence", "CC0-1.0", "--note", "")
    registry.cache_clear()
    spec = registry().get(SRMethodSpec, "vdsr")
    kept, given = (find(spec, tag, scale=4) for tag in ("kept", "given"))
    assert (kept.licence, kept.note) == ("MIT", "vdsr of my videos")
    assert (given.licence, given.note) == ("CC0-1.0", "")


def test_a_method_restores_with_added_weights(cli: Cli, trained: Path) -> None:
    from harness.imports import resolve_import

    cli("weights", "add", trained, "--tag", "mine")
    registry.cache_clear()
    spec = registry().get(SRMethodSpec, "vdsr")
    clip = torch.rand(2, 3, 12, 12, generator=torch.Generator().manual_seed(0))
    restored = []
    for tag in ("mine", "mini-2"):
        weights = find(spec, tag, scale=4)
        options = {**spec.options, **weights.options}
        method = resolve_import(spec.factory)(
            scale=4, device=torch.device("cpu"), weights=installed_path(weights, "vdsr"), **options
        )
        restored.append(method.upscale(clip, [1]))
    assert torch.equal(*restored)


def test_remove_forgets_and_deletes(cli: Cli, trained: Path) -> None:
    cli("weights", "add", trained, "--tag", "mine")
    copy = Path(str(own_weights.known()[0].weights.path))
    assert copy.is_file()
    assert cli("weights", "remove", "vdsr", "mine").exit_code == 0
    assert not copy.exists() and not own_weights.known()
    again = cli("weights", "remove", "vdsr", "mine")
    assert again.exit_code == 2 and "unknown weights of your own 'vdsr mine'" in again.output


def test_a_file_without_a_header_needs_name_training_data_and_stream(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "net.pth"
    torch.save({"a": torch.zeros(1)}, file)
    refused = cli("weights", "add", file, "--tag", "mine")
    assert refused.exit_code == 2 and "--name and --trained-on" in refused.output
    named = ("--name", "tsn", "--trained-on", "ucf101/train1")
    no_stream = cli("weights", "add", file, "--tag", "mine", *named)
    assert no_stream.exit_code == 2 and "--stream" in no_stream.output
    assert cli("weights", "add", file, "--tag", "mine", *named, "--stream", "spatial").exit_code == 0
    assert own_weights.known()[0].weights.stream == "spatial"


def test_a_taken_tag_and_an_unknown_option_are_refused(cli: Cli, trained: Path) -> None:
    taken = cli("weights", "add", trained, "--tag", "mini-2")
    assert taken.exit_code == 2 and "already" in taken.output
    unknown = cli("weights", "add", trained, "--tag", "mine", "--option", "num_feet=3")
    assert unknown.exit_code == 2 and "num_feat" in unknown.output
    assert not own_weights.known()


def test_weights_changed_after_adding_are_refused(cli: Cli, trained: Path) -> None:
    cli("weights", "add", trained, "--tag", "mine")
    Path(str(own_weights.known()[0].weights.path)).write_bytes(b"something else")
    registry.cache_clear()
    with pytest.raises(WeightsError, match=r"wrong checksum.*harness weights remove"):
        installed_path(find(registry().get(SRMethodSpec, "vdsr"), "mine", scale=4), "vdsr")


@pytest.mark.parametrize("content", [b"", b"\xff" * 8, b"\x02\0\0\0\0\0\0\0[]", b"\x09\0\0\0\0\0\0\0{"])
def test_broken_safetensors_are_refused(cli: Cli, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken.safetensors"
    file.write_bytes(content)
    with pytest.raises(WeightsError, match="not a safetensors file"):
        described(file)


@pytest.fixture
def published(trained: Path, served: tuple[Path, str]) -> tuple[str, str]:
    """The URL of the trained file on our own server, and its sha256."""
    folder, url = served
    shutil.copy(trained, folder)
    return f"{url}/{trained.name}", sha256(trained)


def test_a_url_is_downloaded_and_its_checksum_compared(cli: Cli, published: tuple[str, str]) -> None:
    url, digest = published
    no_digits = cli("weights", "add", url, "--tag", "mine")
    assert no_digits.exit_code == 2 and "--sha256" in no_digits.output
    wrong = cli("weights", "add", url, "--tag", "mine", "--sha256", "0" * 64)
    assert wrong.exit_code != 0 and "wrong checksum" in wrong.output and not own_weights.known()
    added = cli("weights", "add", url, "--tag", "mine", "--sha256", digest[:8])
    assert added.exit_code == 0, added.output
    (entry,) = own_weights.known()
    assert (entry.name, entry.weights.sha256) == ("vdsr", digest)
    assert sha256(Path(str(entry.weights.path))) == digest


def test_file_names_that_end_in_their_checksum_need_no_option(trained: Path, served: tuple[Path, str]) -> None:
    (folder, url), digest = served, sha256(trained)
    named = shutil.copy(trained, folder / f"vdsr-{digest[:8]}.safetensors")
    with fetched(f"{url}/{named.name}", None) as path:
        assert sha256(path) == digest
    assert not path.exists(), "nothing is left behind"


def test_a_url_without_a_file_name_is_fetched(published: tuple[str, str]) -> None:
    folder = published[0].rpartition("/")[0] + "/"
    with urlopen(folder) as response:
        content = response.read()
    with fetched(folder, hashlib.sha256(content).hexdigest()) as path:
        assert path.read_bytes() == content


def test_a_checksum_for_a_file_is_refused(cli: Cli, trained: Path) -> None:
    refused = cli("weights", "add", trained, "--tag", "mine", "--sha256", "0" * 64)
    assert refused.exit_code == 2 and "URL" in refused.output


@pytest.mark.parametrize(
    "said",
    [
        {"scale": "twice"}, {"scale": [4]}, {"scale": "-4"}, {"scale": "1e999"}, {"options": "[1]"}, {"options": "7"},
        {"options": '{"num_feat": [1]}'}, {"options": "[" * 100_000}, {"method": ["vdsr"]}, {"trained_on": {}}, [1],
    ],
)  # fmt: skip
def test_nonsensical_headers_are_refused(tmp_path: Path, said: dict[str, Any]) -> None:
    file = tmp_path / "odd.safetensors"
    header = json.dumps({"__metadata__": {"harness": json.dumps(said)}}).encode()
    file.write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(WeightsError, match="not a safetensors file"):
        described(file)


def test_a_broken_list_is_an_error_with_its_name(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "home" / "weights").mkdir(parents=True)
    (tmp_path / "home" / "weights" / "own.json").write_text("{")
    with pytest.raises(WeightsError, match=r"own\.json: not a list of weights"):
        own_weights.known()


def listed(tmp_path: Path, **facts: Any) -> Path:
    """A list of own weights, written by hand, with one entry."""
    folder = tmp_path / "home" / "weights"
    folder.mkdir(parents=True, exist_ok=True)
    weights = {"tag": "mine", "sha256": "0" * 64, "trained_on": "x", "licence": "x", "path": "/nowhere", **facts}
    (folder / "own.json").write_text(json.dumps([{"name": "vdsr", "weights": weights}]))
    return folder


@pytest.mark.parametrize("way", ["absolute", "dotted", "through a link", "the list"])
def test_remove_deletes_nothing_outside_its_folder(cli: Cli, tmp_path: Path, way: str) -> None:
    outside = tmp_path / "outside" / "precious.pth"
    outside.parent.mkdir()
    outside.write_bytes(b"precious")
    folder = listed(tmp_path)
    (folder / "link").symlink_to(outside.parent)
    named = {
        "absolute": outside,
        "dotted": f"{folder}/../../outside/precious.pth",
        "through a link": folder / "link" / "precious.pth",
        "the list": folder / "own.json",
    }
    listed(tmp_path, path=str(named[way]))
    removed = cli("weights", "remove", "vdsr", "mine")
    assert removed.exit_code == 0 and "the file stays" in removed.output
    assert outside.read_bytes() == b"precious" and not own_weights.known()


def test_a_link_in_the_folder_is_removed_and_not_what_it_leads_to(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "precious.pth").write_bytes(b"precious")
    link = listed(tmp_path) / "0000-net.pth"
    link.symlink_to(tmp_path / "precious.pth")
    listed(tmp_path, path=str(link))
    assert cli("weights", "remove", "vdsr", "mine").exit_code == 0
    assert not link.is_symlink() and (tmp_path / "precious.pth").is_file()


@pytest.mark.parametrize(
    "facts",
    [
        {"sha256": 5}, {"path": None}, {"path": ["a"]}, {"scale": "four"}, {"scale": 2.5}, {"options": 3},
        {"options": {"num_feat": [1]}}, {"tag": None}, {"as_published": "yes"},
    ],
)  # fmt: skip
def test_an_entry_edited_to_nonsense_is_an_error_that_names_the_list(
    cli: Cli, tmp_path: Path, facts: dict[str, Any]
) -> None:
    listed(tmp_path, **facts)
    with pytest.raises(WeightsError, match=r"own\.json: not a list of weights \(.*\); delete it"):
        own_weights.known()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"{}",
        b"[[]]",
        b"[" * 100_000,
        b'[{"name": "a"}]',
        b"[1e999]",
        b"[" + b"9" * 5000 + b"]",
        b"null",
    ],
)
def test_a_damaged_list_is_an_error_that_names_it(cli: Cli, tmp_path: Path, content: bytes) -> None:
    (listed(tmp_path) / "own.json").write_bytes(content)
    with pytest.raises(WeightsError, match=r"own\.json: not a list of weights"):
        own_weights.known()
    assert cli("weights", "remove", "vdsr", "mine").exit_code == 1


def test_a_list_that_cannot_be_read_is_an_error(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "home" / "weights" / "own.json").mkdir(parents=True)
    with pytest.raises(WeightsError, match=r"own\.json: cannot be read: Is a directory"):
        own_weights.known()


@pytest.mark.parametrize("name", ["my net.pth", "x4+,b=[1].pth", ".pth", "\u00e9" * 120 + ".pth", b"caf\xe9.pth"])
def test_a_file_of_any_name_is_added(cli: Cli, tmp_path: Path, name: str | bytes) -> None:
    file = tmp_path / (os.fsdecode(name) if isinstance(name, bytes) else name)
    file.write_bytes(b"weights")
    added = cli("weights", "add", file, "--tag", "mine", "--name", "vdsr", "--trained-on", "x")
    assert added.exit_code == 0, added.output
    (entry,) = own_weights.known()
    assert Path(str(entry.weights.path)).read_bytes() == b"weights"


def test_a_folder_and_an_empty_file_are_refused(cli: Cli, tmp_path: Path) -> None:
    named = ("--tag", "mine", "--name", "vdsr", "--trained-on", "x")
    (tmp_path / "empty.pth").touch()
    folder, empty = cli("weights", "add", tmp_path, *named), cli("weights", "add", tmp_path / "empty.pth", *named)
    assert folder.exit_code == 2 and "is a folder; give the file in it" in folder.output
    assert empty.exit_code == 1 and "empty.pth: is empty" in empty.output


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "net.pth").write_bytes(b"weights")
    (tmp_path / "net.pth").chmod(0)
    refused = cli("weights", "add", tmp_path / "net.pth", "--tag", "a", "--name", "vdsr", "--trained-on", "x")
    assert refused.exit_code == 1 and "Permission denied" in refused.output


def test_a_near_name_is_proposed(cli: Cli, trained: Path) -> None:
    cli("weights", "add", trained, "--tag", "mine")
    assert "Did you mean 'vdsr mine'" in cli("weights", "remove", "vdsr", "min").output
    assert "Did you mean 'vdsr'" in cli("weights", "add", trained, "--tag", "other", "--name", "vdrs").output
