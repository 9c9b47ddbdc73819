"""The cures for faults of mmaction2, in a fresh process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import mmengine.device

from harness_mmaction.compat import runner_device

CODE = """
from harness_mmaction.compat import prepare
prepare()
import mmaction.models.localizers as localizers
from mmaction.registry import DATASETS, HOOKS, MODELS
assert localizers.DRN.__doc__
assert MODELS.get("EfficientNetLite") and DATASETS.get("CachedClips") and HOOKS.get("PlainCheckpoint")
"""


def test_mmaction_imports_without_noise_and_without_a_transformers_that_it_cannot_use(tmp_path: Path) -> None:
    """Of release 5 it wants what is no longer there, though only for models of video and text."""
    for file, text in {
        "transformers/__init__.py": "raise ImportError('not for mmaction')",
        "transformers-5.17.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: transformers\nVersion: 5.17.0\n",
    }.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", CODE], check=False, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout + done.stderr == ""


def test_the_runner_sees_the_wanted_device_only_inside() -> None:
    before = mmengine.device.get_device()
    with runner_device("meta"):
        assert mmengine.device.get_device() == "meta"
    assert mmengine.device.get_device() == before
