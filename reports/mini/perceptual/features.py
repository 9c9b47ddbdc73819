"""What fifty iterations of a feature loss do to a trained SRResNet: ``python features.py VIDEOS LOSS...``.

VIDEOS is the training split of mini-2 (``harness datasets build mini-2 --split train``). A LOSS names stages of
EfficientNet-lite0, as ``stage0+stage1``, and what is done to both frames first: ``shift:stage1`` cuts the same random 0
to 7 pixels off them, ``x2:stage0`` enlarges them twice. Lines say PSNR-Y, LPIPS and the peak at each frequency of a
grid of 4 pixels, in dB over HR frames.
"""

import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from harness.paths import benchmarks_folder
from harness.probes.checkerboard import peaks
from harness.probes.similarity import luma
from harness.registry import registry
from harness.specs import ProbeSpec
from harness.training.recipes import read_recipe
from harness.video.imresize import imresize
from harness.weights.catalogue import installed_path
from harness.weights.loading import load_state
from harness_basicsr.declared.architectures import arguments_of
from harness_basicsr.networks.registered import create
from harness_basicsr.training.losses.perceptual import EfficientNetLitePerceptualLoss
from harness_basicsr.training.recipe import Recipe
from harness_perceptual.distances import Lpips

ITERATIONS, EVERY, BATCH, PATCH, SCALE, CLIPS, FRAMES, HELD_OUT = 50, 50, 8, 24, 4, 60, 4, 40
Loss = Callable[[Tensor, Tensor], Tensor]


def frames_of(file: Path) -> Iterator[Tensor]:
    """Some frames of a video, ``(3, H, W)`` in [0, 1]."""
    with av.open(str(file)) as container:
        found = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    for frame in found[:: max(1, len(found) // FRAMES)][:FRAMES]:
        yield torch.from_numpy(frame).permute(2, 0, 1).float() / 255


def loss_of(text: str) -> Loss:
    """The loss that a command line names."""
    way, _, stages = text.rpartition(":")
    features = EfficientNetLitePerceptualLoss(dict.fromkeys(stages.split("+"), 1.0))

    def loss(sr: Tensor, hr: Tensor) -> Tensor:
        if way == "shift":
            down, right = random.randrange(8), random.randrange(8)
            sr, hr = sr[..., down:, right:], hr[..., down:, right:]
        elif way:
            factor = float(way.removeprefix("x"))
            sr, hr = (interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False) for x in (sr, hr))
        return features(sr, hr)[0]

    return loss


def srresnet() -> nn.Module:
    """The one of mini-2, trained for its pixel loss."""
    recipe = read_recipe(benchmarks_folder() / "training/mini-2/srresnet.yaml", Recipe)
    network = create(arguments_of("srresnet", SCALE, recipe.network))
    import harness_basicsr

    network.load_state_dict(
        load_state(Path(harness_basicsr.__file__).parent / "weights/srresnet-mini-2-x4.safetensors")
    )
    return network


def told(network: nn.Module, lr: list[Tensor], hr: list[Tensor], lpips: Lpips) -> str:
    """PSNR-Y, LPIPS and the peaks of what a network restores."""
    with torch.no_grad():
        sr = [network(frame[None])[0].clamp(0, 1) for frame in lr]
    ours, theirs = ([luma(frame[None])[0] for frame in frames] for frames in (sr, hr))
    inner = (..., slice(SCALE, -SCALE), slice(SCALE, -SCALE))
    errors = torch.stack([(a - b)[inner].square().mean() for a, b in zip(ours, theirs, strict=True)])
    psnr = float((10 * (255**2 / errors).log10()).mean())
    distance = float(torch.cat([lpips.between(a[None], b[None]) for a, b in zip(sr, hr, strict=True)]).mean())
    mine, base = peaks(ours, SCALE), peaks(theirs, SCALE)
    return f"{psnr:.2f} dB, LPIPS {distance:.4f}, " + ", ".join(f"{k}: {mine[k] - base[k]:+.1f} dB" for k in mine)


def main(videos: Path, losses: list[str]) -> None:
    files = sorted(videos.rglob("*.mp4"))[:CLIPS]
    hr = [frame for file in files for frame in frames_of(file)]
    lr = [(imresize(frame[None], 1 / SCALE)[0].clamp(0, 1) * 255).round() / 255 for frame in hr]
    (weights,) = [w for w in registry().get(ProbeSpec, "lpips").weights if w.package]
    lpips = Lpips(scale=SCALE, device=torch.device("cpu"), weights=installed_path(weights, "lpips"))
    for text in losses:
        random.seed(0)
        network, loss = srresnet(), loss_of(text)
        optimiser = torch.optim.Adam(network.parameters(), 2e-4, betas=(0.9, 0.99))
        print(text, 0, told(network, lr[-HELD_OUT:], hr[-HELD_OUT:], lpips), flush=True)
        for iteration in range(1, ITERATIONS + 1):
            pairs = [crop(lr[i], hr[i]) for i in random.choices(range(len(hr) - HELD_OUT), k=BATCH)]
            small, large = (torch.stack(part) for part in zip(*pairs, strict=True))
            optimiser.zero_grad()
            loss(network(small), large).backward()
            optimiser.step()
            if iteration % EVERY == 0:
                print(text, iteration, told(network, lr[-HELD_OUT:], hr[-HELD_OUT:], lpips), flush=True)


def crop(lr: Tensor, hr: Tensor) -> tuple[Tensor, Tensor]:
    """A random patch of a frame in both sizes."""
    top, left = (random.randrange(side - PATCH + 1) for side in lr.shape[-2:])
    down, right = slice(top, top + PATCH), slice(left, left + PATCH)
    large = (slice(SCALE * part.start, SCALE * part.stop) for part in (down, right))
    return lr[:, down, right], hr[(slice(None), *large)]


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
