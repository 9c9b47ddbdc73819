"""The cures, each shown to be needed and to work."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import torch

from harness_basicsr import compat


def test_the_command_line_is_restored() -> None:
    before = list(sys.argv)
    with compat.command_line(Path("a.yml")):
        assert sys.argv[1:] == ["-opt", "a.yml"]
    assert sys.argv == before


def test_a_state_is_read_without_a_gpu(tmp_path: Path) -> None:
    import basicsr.train

    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.ones(2))], 1e-3)
    state = {"epoch": 1, "iter": 7, "optimizers": [optimizer.state_dict()], "schedulers": []}
    torch.save(state, tmp_path / "7.state")
    opt = {"path": {"resume_state": str(tmp_path / "7.state"), "models": str(tmp_path)}, "network_g": {}}
    with compat.resume_on_any_device():
        loaded = basicsr.train.load_resume_state(opt)
    assert loaded["iter"] == 7
    assert opt["path"]["pretrain_network_g"] == str(tmp_path / "net_g_7.pth")
    assert basicsr.train.load_resume_state is not compat.load_resume_state
    assert compat.load_resume_state({"path": {"resume_state": None}}) is None


def test_every_training_has_its_own_log_file(tmp_path: Path) -> None:
    from basicsr.utils import get_root_logger

    for name in ("one.log", "two.log"):
        with compat.own_log_file():
            get_root_logger(log_level=logging.INFO, log_file=str(tmp_path / name)).info("hello %s", name)
        assert f"hello {name}" in (tmp_path / name).read_text()
    assert "two.log" not in (tmp_path / "one.log").read_text()


def test_basicvsrpp_aligns_without_cuda_and_forgets_a_still_clip() -> None:
    from harness_basicsr.networks.registered import find_class

    network = find_class("BasicVSRPlusPlus")(mid_channels=16, num_blocks=1).eval()
    aligned = [key for key in network.state_dict() if key.startswith("deform_align.backward_1.conv_offset")]
    assert len(aligned) == 8 and network.is_with_alignment
    moving, still = torch.rand(1, 2, 3, 64, 64), torch.rand(1, 1, 3, 64, 64).repeat(1, 2, 1, 1, 1)
    with torch.no_grad():
        before = network(moving)
        network(still)
        assert network.is_mirror_extended, "no longer remembered: drop the cure"
        assert torch.equal(network(moving), before)


def test_without_the_cures_basicsr_does_not_import_and_its_networks_have_torch_warn_the_user() -> None:
    """In a process of its own, because torch warns once in each."""
    shown = warped(
        "try: import basicsr\nexcept ImportError as error: print(error)", "compat import alias_functional_tensor"
    )
    assert "functional_tensor" in shown.stdout, "the cure is no longer needed: drop it"
    assert "meshgrid" in shown.stderr, "the cure is no longer needed: drop it"


def test_with_the_cures_the_user_hears_nothing() -> None:
    shown = warped("", "networks.registered import find_class")
    assert "meshgrid" not in shown.stderr, shown.stderr


def warped(first: str, module: str) -> subprocess.CompletedProcess[str]:
    """What a process says that runs `first`, imports this of ours, and has basicsr warp a frame."""
    then = f"import torch; from harness_basicsr.{module}; from basicsr.archs.arch_util import flow_warp as warp"
    frame, flow = "torch.zeros(1, 1, 4, 4)", "torch.zeros(1, 4, 4, 2)"
    code = f"{first}\n{then}; warp({frame}, {flow})"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
