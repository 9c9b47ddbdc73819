"""Faults of OpenCV's two packages are found, and the cure names one version for both."""

from __future__ import annotations

import cv2
import pytest

from harness.errors import HarnessError
from harness_optical_flow import health


def test_this_installation_is_healthy() -> None:
    health.require_one_version()
    health.require_optflow()


def test_two_versions_in_one_folder_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "version", {"opencv-python": "4.10", "opencv-contrib-python": "4.14"}.__getitem__)
    with pytest.raises(HarnessError, match=r"opencv-python 4\.10, .* share a folder .*opencv-contrib-python==4\.14"):
        health.require_one_version()


def test_a_cv2_without_optflow_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cv2, "optflow")
    with pytest.raises(HarnessError, match=r"overwrote .*pip install --force-reinstall opencv-python=="):
        health.require_optflow()
