"""`harness plugins`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from harness.registry import Failure, registry

Cli = Callable[..., Result]
ONE_OFF = """
from harness.hookspecs import hookimpl
from harness.methods import Bicubic
from harness.specs import SRMethodSpec, Weights

class Inverted(Bicubic):
    def upscale(self, lr, frames):
        return 1 - super().upscale(lr, frames)

@hookimpl
def harness_sr_methods():
    yield SRMethodSpec("negative", "a photographic negative", f"{__name__}:Inverted")
    url = "https://example.org/w.safetensors"
    absent = Weights("mini-2", "a" * 64, "mini-2/train", "MIT", url=url, note="a narrow one")
    yield SRMethodSpec("absent", "not here", f"{__name__}:Bicubic", needs_weights=True, weights=(absent,), scales=(4,))
"""


@pytest.fixture
def one_off(tmp_path: Path) -> Path:
    file = tmp_path / "one_off.py"
    file.write_text(ONE_OFF)
    return file


def break_a_plugin() -> None:
    registry().failures.append(Failure("newest", "ModuleNotFoundError: No module named 'gone'", "Traceback: line 1"))


def test_list_shows_kind_name_summary_and_plugin(cli: Cli, one_off: Path) -> None:
    result = cli("plugins", "list", "--plugin", one_off)
    assert result.exit_code == 0
    lines = [line.split() for line in result.output.splitlines()]
    assert ["negative", "a", "photographic", "negative", "one_off"] in lines
    assert any(line[:3] == ["flow", "estimator", "dis"] and line[-1] == "optical_flow" for line in lines)


def test_list_prints_json(cli: Cli, one_off: Path) -> None:
    content = json.loads(cli("plugins", "list", "--json", "--plugin", one_off).output)
    assert content["failures"] == []
    wanted = {"kind": "SR method", "name": "negative", "summary": "a photographic negative", "plugin": "one_off"}
    assert wanted in content["declarations"]
    assert {"recogniser", "data set", "probe", "degradation"} <= {row["kind"] for row in content["declarations"]}


def test_a_broken_plugin_is_listed_and_raised_if_asked_for(cli: Cli) -> None:
    break_a_plugin()
    listed = cli("plugins", "list")
    assert listed.exit_code == 0
    assert "plugin newest failed to load: ModuleNotFoundError: No module named 'gone'" in listed.output
    assert json.loads(cli("plugins", "list", "--json").output)["failures"][0]["plugin"] == "newest"
    for verb in ("show", "check"):
        asked = cli("plugins", verb, "newest")
        assert asked.exit_code == 1 and "Traceback: line 1" in asked.stderr


def test_show_prints_everything_declared(cli: Cli, one_off: Path) -> None:
    shown = cli("plugins", "show", "absent", "--plugin", one_off).output
    for text in ("SR method absent", "one_off", "not here", "scales", "a narrow one", "sha256: aaaa"):
        assert text in shown
    assert "missing: mini-2 weights of absent are not installed; get them with: harness weights pull absent" in shown


def test_show_finds_a_name_of_several_kinds_and_the_name_of_a_plugin(cli: Cli) -> None:
    shown = cli("plugins", "show", "bicubic").output
    assert "SR method bicubic" in shown and "degradation bicubic" in shown
    shown = cli("plugins", "show", "optical_flow").output
    assert "flow estimator dis" in shown and "flow estimator tvl1" in shown


def test_an_unknown_name_gets_a_suggestion(cli: Cli) -> None:
    for verb in ("show", "check"):
        result = cli("plugins", verb, "bicubik")
        assert result.exit_code == 2 and "Did you mean 'bicubic'?" in result.stderr


def test_check_passes_line_by_line(cli: Cli) -> None:
    result = cli("plugins", "check", "bicubic", "--scale", "2", "--device", "cpu")
    assert result.exit_code == 0
    assert "pass  odd sizes: 17x23 to 34x46" in result.output and "0 failed" in result.output
    assert "degradation bicubic: x2" in result.output


def test_check_fails_with_what_is_wrong(cli: Cli, one_off: Path) -> None:
    result = cli("plugins", "check", "negative", "--plugin", one_off, "--device", "cpu")
    assert result.exit_code == 1
    assert "FAIL  likeness: scaled down again it differs from the input" in result.output
    assert "1 failed" in result.output


def test_check_takes_options_and_only_the_recogniser_on_request(cli: Cli) -> None:
    assert "psnr_y" in cli("plugins", "check", "psnr_y:samples=2").output
    assert cli("plugins", "check", "psnr_y:sample=2").exit_code == 2
    result = cli("plugins", "check", "bicubic", "--recognizer")
    assert result.exit_code == 2 and "unknown name 'bicubic'" in result.stderr


def test_new_writes_a_package_and_refuses_to_overwrite_it(cli: Cli, tmp_path: Path) -> None:
    result = cli("plugins", "new", "my_sr", "--out", tmp_path)
    assert result.exit_code == 0 and f"pip install -e {tmp_path / 'my_sr'}" in result.output
    again = cli("plugins", "new", "my_sr", "--out", tmp_path)
    assert again.exit_code == 2 and "my_sr exists" in again.stderr


def test_new_writes_a_package_of_another_kind(cli: Cli, tmp_path: Path) -> None:
    result = cli("plugins", "new", "my_probe", "--kind", "probe", "--out", tmp_path)
    assert result.exit_code == 0 and (tmp_path / "my_probe" / "my_probe" / "probe.py").is_file()
    refused = cli("plugins", "new", "my_other", "--kind", "prob", "--out", tmp_path)
    assert refused.exit_code == 2 and "Did you mean 'probe'?" in refused.stderr
