"""``basicsr:arch=...``: any architecture with the user's own weights, from words to restored frames."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import harness_basicsr
from harness.checks import check_declaration, check_declared, require
from harness.choice import all_options, parse_choice, resolve
from harness.contracts import SRMethod
from harness.errors import ContractError, UnknownNameError, UsageError
from harness.methods import ClipNetwork, WindowNetwork
from harness.planning.cells import Part
from harness.registry import registry
from harness.running.build import build_method
from harness_basicsr import networks
from harness_basicsr.networks import registered

CPU = torch.device("cpu")
SPEC = next(spec for spec in harness_basicsr.harness_sr_methods() if spec.name == "basicsr")


def save(network: nn.Module, path: Path) -> Path:
    torch.save({"params_ema": network.state_dict()}, path)
    return path


def part_of(text: str) -> Part:
    choice = resolve(parse_choice(text), SPEC)
    return Part(str(choice), SPEC, all_options(choice, SPEC))


def build(text: str, scale: int = 4) -> SRMethod:
    return build_method(part_of(text), scale, CPU)


def test_rrdbnet_is_built_by_options_alone(tmp_path: Path) -> None:
    network = registered.find_class("RRDBNet")(3, 3, 4, num_feat=8, num_block=1, num_grow_ch=4)
    file = save(network, tmp_path / "my.pth")
    method = build(f"basicsr:arch=RRDBNet,weights={file},num_feat=8,num_block=1,num_grow_ch=4")
    lr = torch.rand(2, 3, 5, 6)
    with torch.no_grad():
        torch.testing.assert_close(method.upscale(lr, [1]), network(lr[1:]))


def test_options_are_part_of_the_identity_and_the_file_counts_by_its_content(tmp_path: Path) -> None:
    (tmp_path / "a.pth").write_bytes(b"one")
    text = f"basicsr:arch=RRDBNet,weights={tmp_path / 'a.pth'}"
    before = part_of(text).identity()
    assert before["options"]["num_feat"] == 64 and before == part_of(f"{text},num_feat=64").identity()
    assert before != part_of(f"{text},num_feat=32").identity()
    (tmp_path / "a.pth").write_bytes(b"two")
    assert before != part_of(text).identity()


@pytest.mark.parametrize(
    ("arch", "options", "kind"),
    [
        ("EDVR", "num_feat=8,deformable_groups=2,num_reconstruct_block=1,num_frame=3", WindowNetwork),
        ("BasicVSR", "num_feat=4,num_block=1", ClipNetwork),
        ("SRVGGNetCompact", "num_feat=4,num_conv=1", None),
        ("SwinIR", "embed_dim=8,depths=1/1,num_heads=2/2,window_size=4,upsampler=pixelshuffledirect", None),
        ("ECBSR", "num_block=1,num_channel=4,with_idt=false,act_type=prelu", None),
    ],
)  # fmt: skip
def test_the_view_of_a_known_network_is_found(tmp_path: Path, arch: str, options: str, kind: Any) -> None:
    given = {key: networks.as_value(value) for key, value in (item.split("=") for item in options.split(","))}
    defaults = registered.defaults_of(arch)
    filled = {"num_in_ch": 3, "num_out_ch": 3, "upscale": 4, "scale": 4}
    network = registered.find_class(arch)(**{k: v for k, v in filled.items() if k in defaults}, **given)
    method = build(f"basicsr:arch={arch},weights={save(network, tmp_path / 'my.pth')},{options}")
    assert kind is None or type(method) is kind
    assert method.upscale(torch.rand(2, 3, 9, 10), [1]).shape == (1, 3, 36, 40)
    if arch == "EDVR":
        assert method.temporal_radius == 1  # type: ignore[attr-defined]


def test_a_view_can_be_given(tmp_path: Path) -> None:
    network = registered.find_class("VDSR")(num_feat=4, num_layer=3)
    text = f"basicsr:arch=VDSR,weights={save(network, tmp_path / 'my.pth')},num_feat=4,num_layer=3"
    assert build(text, 3).upscale(torch.rand(1, 3, 4, 5), [0]).shape == (1, 3, 12, 15)
    with pytest.raises(UnknownNameError, match="Did you mean 'window'"):
        build(f"{text},view=windows")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("basicsr:arch=RRDBnet", "unknown architecture of BasicSR's registry 'RRDBnet'. Did you mean 'RRDBNet'"),
        ("basicsr:arch=RRDBNet,num_fett=8", "unknown option of 'basicsr' 'num_fett'. Did you mean 'num_feat'"),
        ("basicsr:arch=RRDBNet,num_feat=many", "num_feat=many: expected int, such as 64"),
        ("basicsr:num_feat=8", "unknown option of 'basicsr' 'num_feat'"),
    ],
)
def test_mistakes_are_named_before_a_run(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        part_of(text)


def test_a_network_of_another_scale_is_refused(tmp_path: Path) -> None:
    network = registered.find_class("RRDBNet")(3, 3, 4, num_feat=4, num_block=1, num_grow_ch=4)
    text = f"basicsr:arch=RRDBNet,weights={save(network, tmp_path / 'my.pth')},num_feat=4,num_block=1,num_grow_ch=4"
    with pytest.raises(ContractError, match="RRDBNet makes 24x20 of 6x5; x3 was asked for"):
        build(text, 3).upscale(torch.rand(1, 3, 5, 6), [0])


def test_the_declaration_and_what_is_missing_without_options() -> None:
    require(check_declaration(SPEC))
    sections = dict(check_declared(SPEC, registry()))
    (missing,) = sections["weights"]
    assert not missing.ok and "basicsr:arch=RRDBNet,weights=my.pth" in missing.detail


@pytest.mark.parametrize(
    ("text", "value"),
    [("64", 64), ("-1", -1), ("0.1", 0.1), ("1e-3", 1e-3), ("true", True), ("False", False), ("6/6", [6, 6]),
     ("prelu", "prelu"), (0.5, 0.5), ("", "")],
)  # fmt: skip
def test_text_becomes_what_it_looks_like(text: Any, value: Any) -> None:
    found = networks.as_value(text)
    assert found == value and type(found) is type(value)
