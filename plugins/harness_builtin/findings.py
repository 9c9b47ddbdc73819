"""Findings of the paper on two-stream SR, as claims that a run can speak for or against.

Source: Zhang et al., Two-Stream Action Recognition-Oriented Video Super-Resolution, ICCV 2019.
"""

from __future__ import annotations

from harness.leaderboard.findings.claims import Contrast, Finding, Leads
from harness.leaderboard.findings.order import OrderDiffers, Quality
from harness.leaderboard.findings.page import render as render_page
from harness.leaderboard.table import Leaderboard

SOURCE = "*Two-Stream Action Recognition-Oriented Video Super-Resolution* (Zhang et al., ICCV 2019)"
PERCEPTUAL, PIXEL, FRAMES = "@perceptual", "@pixel", "@multi-frame"
PSNR = Quality("psnr_y", "PSNR", "dB")

FINDINGS = (
    Finding(
        "Perceptual methods lead the spatial stream and trail the temporal one",
        (
            Contrast("spatial", (PERCEPTUAL,), (PIXEL, FRAMES)),
            Contrast("temporal", (PIXEL, FRAMES), (PERCEPTUAL,)),
        ),
    ),
    Finding(
        "Methods with pixel loss and multi-frame methods lead the temporal stream and trail the spatial one",
        (
            Contrast("temporal", (PIXEL,), (PERCEPTUAL,)),
            Contrast("temporal", (FRAMES,), (PERCEPTUAL,)),
            Contrast("spatial", (PERCEPTUAL,), (PIXEL,)),
            Contrast("spatial", (PERCEPTUAL,), (FRAMES,)),
        ),
    ),
    Finding("SoSR+ToSR leads the fusion", (Leads("fusion", "sosr+tosr"),)),
    Finding("The order by PSNR is not the order by accuracy", (OrderDiffers(PSNR),), any_claim=True),
    Finding("SoSR is above ESRGAN in the spatial stream", (Contrast("spatial", ("sosr",), ("esrgan",)),)),
    Finding("ToSR is above DUF-16 in the temporal stream", (Contrast("temporal", ("tosr",), ("duf16",)),)),
    Finding(
        "Training for temporal consistency lifts VDSR in the temporal stream",
        (Contrast("temporal", ("vdsr-tc",), ("vdsr",)),),
    ),
    Finding(
        "Weighting the pixel loss by motion, and each further loss of SoSR, lifts the spatial stream",
        (
            Contrast("spatial", ("vdsr-wmse",), ("vdsr",), optional=True),
            Contrast("spatial", ("vdsr-wmse-feat",), ("vdsr-wmse",), optional=True),
            Contrast("spatial", ("sosr",), ("sosr-wmse-feat",), optional=True),
        ),
    ),
)


def render(board: Leaderboard) -> str:
    """Markdown text of which findings hold on a run."""
    return render_page(board, FINDINGS, SOURCE)
