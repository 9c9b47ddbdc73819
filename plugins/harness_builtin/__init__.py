"""What every installation has: ceiling and floor, plain interpolation, degradations, probes, executor, formats."""

from __future__ import annotations

from collections.abc import Iterable

from harness.hookspecs import hookimpl
from harness.specs import Column, DegradationSpec, ExecutorSpec, ProbeSpec, ReportSpec, SRMethodSpec

SSIM = "Wang et al., Image quality assessment: from error visibility to structural similarity, TIP 2004"
PICTURE = {"crop_border": -1, "shave": 0, "samples": 0}
"""Options of picture quality; -1 cuts off a border of as many pixels as the scale."""
BORDERS = ("crop_border", "shave")

DETAILS = {
    "classes": "accuracy of every class",
    "confusion": "confusion matrix of a method",
    "flips": "clips that one method gets right and another wrong",
}
FORMS = {"md": "as markdown", "csv": "for spreadsheets", "json": "for programs"}


@hookimpl
def harness_sr_methods() -> Iterable[SRMethodSpec]:
    yield SRMethodSpec(
        "hr", "the high-resolution frames themselves: the ceiling", "harness.methods:HighResolution", source="hr"
    )
    yield SRMethodSpec(
        "bicubic",
        "bicubic interpolation (MATLAB's imresize, a = -0.5): the floor",
        "harness.methods:Bicubic",
        citation="Keys, Cubic convolution interpolation for digital image processing, TASSP 1981",
        family="interpolation",
    )
    yield SRMethodSpec("nearest", "nearest-neighbour repetition", "harness.methods:Nearest", family="interpolation")
    yield SRMethodSpec(
        "lanczos",
        "Lanczos interpolation, three lobes",
        "harness.methods:Lanczos",
        citation="Duchon, Lanczos filtering in one and two dimensions, J. Appl. Meteorology 1979",
        family="interpolation",
    )
    yield SRMethodSpec(
        "files",
        "frames that another program restored, as pictures or videos: root=DIR, tool=NAME-VERSION",
        "harness_builtin.files:Files",
        options={"root": None, "tool": ""},
        required={"root": "DIR"},
        digests={"root": "harness_builtin.files:digest"},
        source="elsewhere",
    )


@hookimpl
def harness_degradations() -> Iterable[DegradationSpec]:
    yield DegradationSpec(
        "bicubic", "antialiased bicubic (MATLAB's imresize)", "harness.video.degrade:Bicubic", options={"scale": 4}
    )
    yield DegradationSpec(
        "gaussian",
        "Gaussian blur, then stride: the setting of VSR-DUF (sigma 0.8, 1.2, 1.6 at x2, x3, x4)",
        "harness.video.degrade:Gaussian",
        options={"scale": 4, "size": 13},
        more_options="harness.video.blur:options_by_scale",
    )
    yield DegradationSpec(
        "nearest", "one pixel of each scale x scale square", "harness.video.degrade:Nearest", options={"scale": 4}
    )


@hookimpl
def harness_probes() -> Iterable[ProbeSpec]:
    yield ProbeSpec(
        "psnr_y", "PSNR on Y", "harness.probes.quality:PsnrY", options=PICTURE, later=BORDERS, uses_hr=True,
        columns=(
            Column("psnr_y", "PSNR-Y", short="PSNR", order=10, axis="PSNR on Y (dB)"), *_pooled("psnr_y", "PSNR-Y"),
        ),
    )  # fmt: skip
    yield ProbeSpec(
        "ssim_y", "SSIM on Y", "harness.probes.quality:SsimY", options=PICTURE, later=BORDERS, uses_hr=True,
        columns=(Column("ssim_y", "SSIM-Y", digits=4, short="SSIM", order=20),), citation=SSIM,
    )  # fmt: skip
    yield ProbeSpec(
        "psnr_rgb", "PSNR on R, G and B", "harness.probes.quality:PsnrRgb", options=PICTURE, uses_hr=True,
        columns=(Column("psnr_rgb", "PSNR-RGB"), *_pooled("psnr_rgb", "PSNR-RGB")),
    )  # fmt: skip
    yield ProbeSpec(
        "ssim_rgb", "SSIM on R, G and B", "harness.probes.quality:SsimRgb", options=PICTURE, uses_hr=True,
        columns=(Column("ssim_rgb", "SSIM-RGB", digits=4),), citation=SSIM,
    )  # fmt: skip
    yield ProbeSpec(
        "flow_quality", "flow of restored frames against flow of HR frames", "harness.probes.flow_quality:FlowQuality",
        options={"samples": 0}, uses_hr=True, uses_flow=True,
        columns=(
            Column("flow_epe", "flow EPE", higher_is_better=False, digits=3, short="EPE", order=30),
            Column("flow_bad1", "flow > 1 px (%)", higher_is_better=False, digits=1),
            Column("flow_bad3", "flow > 3 px (%)", higher_is_better=False, digits=1),
        ),
    )  # fmt: skip
    yield ProbeSpec(
        "temporal_consistency", "warping error under HR flow, and flicker",
        "harness.probes.temporal:TemporalConsistency", options={"samples": 0}, uses_hr=True, uses_flow=True,
        columns=(
            Column("warp_error", "warp error", higher_is_better=False, short="warp", order=40),
            Column("flicker", "flicker (grey levels)", higher_is_better=False),
        ),
    )  # fmt: skip
    yield ProbeSpec(
        "tof", "difference of Farneback's flow to that of HR frames", "harness.probes.motion:FlowDifference",
        options={"samples": 0}, uses_hr=True,
        columns=(Column("tof", "tOF (px)", higher_is_better=False, digits=3),),
        citation="Chu et al., Learning Temporal Coherence via Self-Supervision (TecoGAN), TOG 2020",
    )  # fmt: skip
    yield ProbeSpec(
        "temporal_profile", "difference to HR of the change from frame to frame",
        "harness.probes.motion:ProfileDifference", options={"samples": 0}, uses_hr=True,
        columns=(Column("temporal_profile", "temporal profile (grey levels)", higher_is_better=False),),
    )  # fmt: skip
    yield ProbeSpec(
        "checkerboard", "grid that enlarging leaves: peaks of the spectrum at its frequencies, against HR",
        "harness.probes.checkerboard:Checkerboard", options={"samples": 0}, uses_hr=True,
        columns=(Column("checkerboard", "checkerboard (dB)", higher_is_better=False, digits=1),),
        citation="Odena et al., Deconvolution and Checkerboard Artifacts, Distill 2016",
    )  # fmt: skip
    yield ProbeSpec(
        "speed", "restoration speed, and its cost on any machine", "harness.probes.speed:Speed",
        columns=(
            Column("fps", "fps", higher_is_better=None, digits=1, whole_from=10, order=50,
                   ratio=("restored_frames", "restore_seconds")),
            Column("gmacs", "G multiply-adds a frame", higher_is_better=False, digits=3, whole_from=100),
            Column("peak_mib", "peak memory (MiB)", higher_is_better=False, digits=1, whole_from=100),
        ),
    )  # fmt: skip


def _pooled(key: str, title: str) -> tuple[Column, ...]:
    """What the mean PSNR of frames leaves out: the PSNR of the mean error over all of them, and identical frames."""
    error, frames = f"{key}_error", f"{key}_frames"
    return (
        Column(f"{key}_pooled", f"{title} of the mean error", ratio=(error, frames), peak=255.0),
        Column(f"{key}_infinite", f"identical frames a clip ({title})", higher_is_better=None),
    )


@hookimpl
def harness_executors() -> Iterable[ExecutorSpec]:
    yield ExecutorSpec(
        "inprocess", "one process, one device, clip by clip", "harness.running.executors.inprocess:InProcess"
    )
    yield ExecutorSpec(
        "processes", "worker processes on this machine, replaced when they die",
        "harness.running.executors.processes:Processes",
        options={"workers": 0, "devices": "", "clip_timeout": 600.0, "worker_memory": 0.0},
    )  # fmt: skip
    yield ExecutorSpec(
        "ray", "workers on Ray, here or on a cluster: ray:address=auto", "harness.running.executors.cluster:OnRay",
        options={
            "address": "", "workers": 0, "num_cpus": 1.0, "num_gpus": 0.0, "data": "", "ship_clips": False,
            "clip_timeout": 600.0, "worker_memory": 0.0,
        },
    )  # fmt: skip


@hookimpl
def harness_reports() -> Iterable[ReportSpec]:
    reports = "harness_builtin.reports:"
    yield ReportSpec("md", "markdown", f"{reports}table_md", suffix=".md", default=True)
    yield ReportSpec("csv", "comma-separated values", f"{reports}table_csv", suffix=".csv", default=True)
    yield ReportSpec("json", "flat records, protocol first", f"{reports}table_json", suffix=".json", default=True)
    yield ReportSpec("png", "accuracy, and picture quality", f"{reports}table_png", suffix=".png", default=True)
    yield ReportSpec("html", "one file for the browser, without scripts", f"{reports}table_html", suffix=".html")
    yield ReportSpec("tex", "LaTeX with rules of booktabs", f"{reports}table_tex", suffix=".tex")
    yield ReportSpec("tex-intervals", "LaTeX with 95 % intervals", f"{reports}intervals_tex", suffix="intervals.tex")
    yield ReportSpec("xlsx", "a workbook", f"{reports}table_xlsx", suffix=".xlsx")
    yield ReportSpec("md-table", "the main tables alone, as markdown", f"{reports}tables_md")
    yield ReportSpec(
        "findings", "which findings of the two-stream SR paper hold on a run, as markdown", f"{reports}findings_md",
        suffix="findings.md",
        citation="Zhang et al., Two-Stream Action Recognition-Oriented Video Super-Resolution, ICCV 2019",
    )  # fmt: skip
    yield ReportSpec("pairs-md", "all pairs a+b, as markdown", f"{reports}pairs_md", suffix=".md", view="pairs")
    yield ReportSpec("pairs-csv", "all pairs a+b, one a line", f"{reports}pairs_csv", suffix=".csv", view="pairs")
    yield ReportSpec("pairs-json", "all pairs a+b, as matrices", f"{reports}pairs_json", suffix=".json", view="pairs")
    yield ReportSpec("pairs-png", "all pairs a+b, as a heat-map", f"{reports}pairs_png", suffix=".png", view="pairs")
    for view, what in DETAILS.items():
        for form, words in FORMS.items():
            name = f"{view}-{form}"
            yield ReportSpec(name, f"{what}, {words}", f"{reports}{view}_{form}", suffix=f".{form}", view=view)
    for view in ("classes", "confusion"):
        summary = f"{DETAILS[view]}, as a heat-map"
        yield ReportSpec(f"{view}-png", summary, f"{reports}{view}_png", suffix=".png", view=view)
