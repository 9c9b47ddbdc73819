"""The cures for faults of mmaction2, in a fresh process."""

from __future__ import annotations

import subprocess
import sys

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


def test_mmaction_imports_without_noise() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout + done.stderr == ""


def test_the_runner_sees_the_wanted_device_only_inside() -> None:
    before = mmengine.device.get_device()
    with runner_device("meta"):
        assert mmengine.device.get_device() == "meta"
    assert mmengine.device.get_device() == before
