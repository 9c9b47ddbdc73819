"""A published network with its checkpoint becomes a plugin that passes and runs, in 25 lines besides its own file."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

import harness_basicsr
from harness import load_run
from harness.cli.main import app
from harness.files import sha256
from harness.registry import registry
from harness.video.frames import open_video, write_video

AT_MOST = 25
SHIPPED = Path(harness_basicsr.__file__).parent
PLUGIN = """
from harness.hookspecs import hookimpl
from harness.methods import {view}
from harness.specs import SRMethodSpec, Weights
from harness.weights.loading import load_into

from .network import {network}

CHECKPOINT = Weights(
    "official",
    sha256="{sha256}",
    trained_on="photographs",
    licence="MIT",
    file=f"{{__name__}}:{checkpoint}",
)


@hookimpl
def harness_sr_methods():
    yield SRMethodSpec("mine", "published", f"{{__name__}}:build", needs_weights=True, weights=(CHECKPOINT,))


def build(*, scale, device, weights):
    network = {network}({arguments})
    load_into(network, weights)
    return {view}(network, scale=scale, device=device)
"""


class Published(NamedTuple):
    """A network: its source in BasicSR's style, how it is called, and what its wrapper is."""

    source: Path
    network: str
    arguments: str
    view: str


def rrdbnet(arguments: str) -> Published:
    found = find_spec("basicsr")
    assert found is not None and found.submodule_search_locations
    source = Path(found.submodule_search_locations[0]) / "archs" / "rrdbnet_arch.py"
    return Published(source, "RRDBNet", arguments, "FrameNetwork")


def vdsr(arguments: str) -> Published:
    return Published(SHIPPED / "networks" / "vdsr_arch.py", "VDSR", arguments, "LumaNetwork")


def own_file(source: Path) -> str:
    """The network as one copies it: without BasicSR's registry, which has it already."""
    text = source.read_text().replace("from .arch_util", "from basicsr.archs.arch_util")
    text = re.sub(r"^(from basicsr.utils.registry|@ARCH_REGISTRY).*\n", "", text, flags=re.MULTILINE)
    first = text.index("import torch")
    return text[:first] + "import harness_basicsr.compat\n" + text[first:]


def write_plugin(folder: Path, published: Published, checkpoint: Path) -> Path:
    """The plugin with its network and checkpoint beside it."""
    shutil.copy(checkpoint, folder)
    (folder / "network.py").write_text(own_file(published.source))
    facts = {"sha256": sha256(checkpoint), "checkpoint": checkpoint.name, **published._asdict()}
    plugin = folder / "mine.py"
    plugin.write_text(PLUGIN.lstrip().format(**facts))
    return plugin


def scored(plugin: Path, data: Path, benchmark: Path) -> tuple[float, int]:
    """By how much the method's mean PSNR in a real run exceeds that of bicubic, and the parameters that it counts."""
    out = plugin.parent / "run"
    files = ["--benchmark", benchmark, "--data", data, "--out", out, "--plugin", plugin]
    harness("run", "--sr", "mine", "--device", "cpu", *files)
    run = load_run(out)
    means = run.clips.groupby("method").psnr_y.mean()
    return means["mine"] - means["bicubic"], int(run.cells[run.cells.method == "mine"].params.iloc[0])


def passes(plugin: Path) -> None:
    lines = len(plugin.read_text().splitlines())
    assert lines <= AT_MOST, lines
    output = harness("plugins", "check", "mine", "--plugin", plugin, "--device", "cpu")
    assert " 0 failed" in output


def harness(*arguments: object) -> str:
    registry.cache_clear()
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    registry.cache_clear()
    assert done.exit_code == 0, done.output
    return done.output


NARROW = "3, 3, scale, num_feat=32, num_block=5, num_grow_ch=16"


@pytest.mark.parametrize(
    ("published", "checkpoint", "params"),
    [(rrdbnet(NARROW), "esrgan", 938_755), (vdsr("num_feat=16"), "vdsr", 41_760)],
    ids=["frames", "luma of enlarged frames"],
)
def test_25_lines_are_enough(
    published: Published, checkpoint: str, params: int, made_clips: Callable[..., Path],
    small_benchmark: Callable[..., Path], tmp_path: Path,
) -> None:  # fmt: skip
    plugin = write_plugin(tmp_path, published, SHIPPED / "weights" / f"{checkpoint}-mini-2-x4.safetensors")
    passes(plugin)
    gain, counted = scored(plugin, made_clips(classes=2, per_class=1), small_benchmark(tmp_path))
    assert counted == params
    assert gain > -4  # made clips are nothing like those that it learnt from


@pytest.mark.assets
@pytest.mark.slow
@pytest.mark.parametrize(
    ("published", "checkpoint", "least", "most"),
    [(rrdbnet("3, 3, scale"), "realesrgan-x4plus-rrdb-fp16", -12, 0), (vdsr(""), "vdsr-x234-twtygqyy", 0.3, 4)],
    ids=["Real-ESRGAN", "VDSR"],
)
def test_published_checkpoints(
    published: Published, checkpoint: str, least: float, most: float, assets: Path,
    small_benchmark: Callable[..., Path], tmp_path: Path,
) -> None:  # fmt: skip
    plugin = write_plugin(tmp_path, published, assets / "weights" / f"{checkpoint}.safetensors")
    passes(plugin)
    frames = open_video(assets / "videos" / "carphone_pristine.mp4").pick([0])
    data = tmp_path / "data"
    data.mkdir()
    write_video(data / "a.mp4", frames, fps=25)
    (data / "classes.txt").write_text("talk\n")
    (data / "test.csv").write_text("id,path,label,group,num_frames\na,a.mp4,0,a,1\n")
    gain, _ = scored(plugin, data, small_benchmark(tmp_path))
    assert least < gain < most
