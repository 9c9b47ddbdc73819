"""Shared by all tests: seeds, where optional real material is, small data sets of made clips, and a server of files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import torch

REPOSITORY = Path(__file__).parent.parent
# in the environment, because pytest's worker processes inherit the fresh home from the first one
OWN_HOME = os.environ.setdefault("HARNESS_TEST_OWN_HOME", os.environ.get("HARNESS_HOME", ""))
FRESH_HOME = tempfile.TemporaryDirectory(prefix="harness-home-")
os.environ["HARNESS_HOME"] = FRESH_HOME.name
"""What somebody has pulled or added must not change what tests see, in this process or in those that they start."""


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Every test draws the same random numbers, whatever ran before it."""
    torch.manual_seed(0)


@pytest.fixture
def pulled(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of published weights: those that were pulled on this machine."""
    monkeypatch.setenv("HARNESS_HOME", OWN_HOME)  # empty counts as not set


@pytest.fixture(scope="session")
def assets() -> Path:
    """Folder of real clips and public checkpoints; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("HARNESS_TEST_ASSETS") or REPOSITORY.parent / "shared" / "assets")
    if not folder.is_dir():
        pytest.skip("real clips and checkpoints are not here; set HARNESS_TEST_ASSETS to their folder")
    return folder


@pytest.fixture(scope="session")
def small_benchmark() -> Callable[..., Path]:
    """Writes small.yaml into a folder: a benchmark on `mini-2`, with other keys if any are given."""
    import yaml

    keys = {
        "name": "small", "title": "a small one", "dataset": "mini-2", "split": "test", "train_split": "train",
        "scale": 4, "degradation": "bicubic:scale=4", "flow": "dis", "weights": "mini-2", "sr": ["hr", "bicubic"],
        "recognizers": {}, "probes": ["psnr_y"],
    }  # fmt: skip

    def write(folder: Path, **changes: object) -> Path:
        file = folder / "small.yaml"
        file.write_text(yaml.safe_dump({**keys, **changes}, sort_keys=False))
        return file

    return write


def moving_texture(seed: int, frames: int = 8, height: int = 32, width: int = 40) -> np.ndarray:
    """A smooth random texture that drifts by a pixel a frame: (T, H, W, 3) uint8."""
    import cv2

    rng = np.random.default_rng(seed)
    noise = rng.random((height + frames, width + frames, 3)).astype(np.float32)
    big = cv2.GaussianBlur(noise, (0, 0), 1.2)
    big = (big - big.min()) / (big.max() - big.min())
    stack = [big[t : t + height, t : t + width] for t in range(frames)]
    return np.rint(np.stack(stack) * 255).astype(np.uint8)


@pytest.fixture
def made_clips(tmp_path: Path) -> Callable[..., Path]:
    """Writes a data folder of made clips with a `test` split, in the form that data set `mini-2` reads."""
    from harness.video.frames import write_video

    def make(classes: int = 3, per_class: int = 2, **shape: int) -> Path:
        folder = tmp_path / "data"
        (folder / "test").mkdir(parents=True)
        (folder / "classes.txt").write_text("".join(f"class_{c}\n" for c in range(classes)))
        lines = ["id,path,label,group,num_frames"]
        for index in range(classes * per_class):
            frames = moving_texture(index, **shape)
            write_video(folder / "test" / f"clip_{index}.mp4", frames, fps=25)
            lines.append(f"clip_{index},test/clip_{index}.mp4,{index % classes},g{index // classes},{len(frames)}")
        (folder / "test.csv").write_text("\n".join(lines) + "\n")
        return folder

    return make


@pytest.fixture(scope="session")
def drifting_clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Textures that drift to the right or down, in groups of two, as train and test split; a recogniser learns them."""
    from harness.video.frames import write_video

    folder = tmp_path_factory.mktemp("drifting")
    (folder / "classes.txt").write_text("right\ndown")
    lines = ["id,path,label,group,num_frames"]
    for index in range(16):
        label, count = index % 2, 6 + index % 3
        canvas = np.random.default_rng(index).integers(0, 256, (60, 60, 3), dtype=np.uint8)
        canvas = np.repeat(np.repeat(canvas[::3, ::3], 3, axis=0), 3, axis=1)
        frames = [canvas[2 * t * label :, 2 * t * (1 - label) :][:32, :36] for t in range(count)]
        write_video(folder / f"clip_{index}.mp4", np.stack(frames), fps=25)
        lines.append(f"clip_{index},clip_{index}.mp4,{label},g{index // 2},{count}")
    for split in ("train", "test"):
        (folder / f"{split}.csv").write_text("\n".join(lines))
    return folder


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder and the URL under which a local server shows it."""
    folder = tmp_path / "served"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_QuietHandler, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
