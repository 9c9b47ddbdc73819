"""The cures, each shown to be needed and to work."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import torch

from harness_basicsr import compat


def test_basicsr_imports_only_after_the_alias() -> None:
    bare = subprocess.run([sys.executable, "-c", "import basicsr"], capture_output=True, text=True)
    assert "functional_tensor" in bare.stderr, "the cure is no longer needed: drop it"
    import basicsr.data.degradations  # noqa: F401


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


def test_networks_of_basicsr_call_meshgrid_without_a_word_to_the_user() -> None:
    """In processes of their own, because torch warns once in each."""
    code = "import torch; from harness_basicsr.{}; from basicsr.archs.arch_util import flow_warp as warp; warp({}, {})"
    shapes = "torch.zeros(1, 1, 4, 4)", "torch.zeros(1, 4, 4, 2)"
    for module, warned in (
        ("compat import alias_functional_tensor", True),
        ("networks.registered import find_class", False),
    ):
        shown = subprocess.run(
            [sys.executable, "-c", code.format(module, *shapes)], capture_output=True, text=True, check=True
        )
        assert ("meshgrid" in shown.stderr) == warned, shown.stderr
