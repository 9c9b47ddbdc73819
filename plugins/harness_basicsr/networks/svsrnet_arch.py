"""SVSRNet, known to BasicSR's registry as ``SVSRNet``."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, leaky_relu, max_pool2d, pixel_shuffle

from harness.errors import UsageError
from harness_basicsr import compat  # noqa: F401  (before basicsr)
from harness_basicsr.networks.distilling import SLOPE, conv
from harness_basicsr.networks.two_views import EverywhereAttention, Residual, RowAttention

from basicsr.archs.arch_util import DCNv2Pack, ResidualBlockNoBN, make_layer  # isort: skip
from basicsr.utils.registry import ARCH_REGISTRY  # isort: skip

SCALE, FRAMES, CENTRE = 4, 3, 1
RELEASED, FIXED = "released", "fixed"
lrelu = partial(leaky_relu, negative_slope=SLOPE)


class PyramidAttention(nn.Module):
    """Weights and offsets of features by a map made at half and a quarter of their size, as in EDVR's fusion."""

    def __init__(self, given: int, num_feat: int) -> None:
        super().__init__()
        self.enter, self.halved = conv(given, num_feat, 1), conv(2 * num_feat, num_feat, 1)
        self.narrow, self.quartered = conv(num_feat, num_feat, 1), conv(2 * num_feat, num_feat)
        self.halved_deep, self.quartered_deep, self.last = (conv(num_feat, num_feat) for _ in range(3))
        self.joined = conv(num_feat, num_feat, 1)
        self.offset = nn.ModuleList(conv(num_feat, num_feat, 1) for _ in range(2))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        half = lrelu(self.halved(_pooled(lrelu(self.enter(x)))))
        quarter = lrelu(self.quartered_deep(lrelu(self.quartered(_pooled(lrelu(self.narrow(half)))))))
        half = lrelu(self.joined(lrelu(self.halved_deep(half)) + _doubled(quarter)))
        weights = self.last(_doubled(half))
        return torch.sigmoid(weights), self.offset[1](lrelu(self.offset[0](weights)))


def _pooled(x: Tensor) -> Tensor:
    return torch.cat([pool(x, 3, stride=2, padding=1) for pool in (max_pool2d, avg_pool2d)], dim=1)


def _doubled(x: Tensor) -> Tensor:
    return interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


class TimeFusion(nn.Module):
    """The centre frame's features from those of a view's frames (STFM): ``(N, 3, num_feat, h, w)`` to one of them.

    The weights in time come from the frames aligned to the centre and are applied to the unaligned ones, as released;
    the paper's text could not be read.
    """

    def __init__(self, num_feat: int, groups: int) -> None:
        super().__init__()
        self.offset = nn.ModuleList([conv(2 * num_feat, num_feat), conv(num_feat, num_feat)])
        self.align = DCNv2Pack(num_feat, num_feat, 3, padding=1, deformable_groups=groups)
        self.aligned, self.centre = conv(num_feat, num_feat), conv(num_feat, num_feat)
        self.residual = Residual(num_feat)
        self.fuse_weighted, self.fuse = (conv((FRAMES + 1) * num_feat, num_feat, 1) for _ in range(2))
        self.attention = PyramidAttention((FRAMES + 1) * num_feat, num_feat)

    def forward(self, x: Tensor) -> Tensor:
        centre = x[:, CENTRE]
        aligned = [self._aligned(frame, centre) for frame in x.unbind(dim=1)]
        like = [(self.aligned(frame) * self.centre(centre)).sum(dim=1, keepdim=True) for frame in aligned]
        weighted = [frame * torch.sigmoid(share) for frame, share in zip(x.unbind(dim=1), like, strict=True)]
        first = lrelu(self.fuse_weighted(torch.cat([*weighted, self.residual(centre)], dim=1)))
        everything = torch.cat([first, *aligned], dim=1)
        weights, offset = self.attention(everything)
        found: Tensor = lrelu(self.fuse(everything)) * weights * 2 + offset
        return found

    def _aligned(self, frame: Tensor, centre: Tensor) -> Tensor:
        offset = lrelu(self.offset[1](lrelu(self.offset[0](torch.cat([frame, centre], dim=1)))))
        return lrelu(self.align(frame, offset))


class ViewFusion(nn.Module):
    """The centre frame's features ``(N, num_feat, h, w)`` from the other view's ``(N, 3, num_feat, h, w)`` (VTAM).

    `others` are the numbers of the two frames beside the centre that are looked at. If `own_last`, what comes last is
    fused by a convolution of its own, and not by the one that fused before.
    """

    def __init__(self, num_feat: int, others: tuple[int, int], own_last: bool) -> None:
        super().__init__()
        self.others = others
        self.rows = RowAttention(num_feat)
        self.everywhere = nn.ModuleList(EverywhereAttention(num_feat) for _ in others)
        self.each = nn.ModuleList(conv(2 * num_feat, num_feat, 1) for _ in others)
        self.fuse = conv(FRAMES * num_feat, num_feat, 1)
        self.fuse_last = conv(FRAMES * num_feat, num_feat, 1) if own_last else None
        self.rows_fuse = conv(2 * num_feat + 1, num_feat, 1)
        self.tail = nn.Sequential(conv(num_feat, num_feat), conv(num_feat, num_feat, 1))

    def forward(self, centre: Tensor, other: Tensor) -> Tensor:
        side, seen = self.rows(centre, other[:, CENTRE])
        found = [ask(centre, other[:, frame]) for ask, frame in zip(self.everywhere, self.others, strict=True)]
        together = lrelu(self.fuse(torch.cat([*found, centre], dim=1)))
        side = lrelu(self.rows_fuse(torch.cat([side, together, seen], dim=1)))
        each = [lrelu(fuse(torch.cat([one, centre], dim=1))) for fuse, one in zip(self.each, found, strict=True)]
        last = self.fuse_last or self.fuse
        return lrelu(self.tail(lrelu(last(torch.cat([*each, side], dim=1)))))


class Enlarging(nn.Module):
    """Twice as large, twice: ``(N, num_feat, h, w)`` to ``(N, 64, 4 h, 4 w)``."""

    def __init__(self, num_feat: int) -> None:
        super().__init__()
        self.steps = nn.ModuleList([conv(num_feat, 4 * num_feat), conv(num_feat, 4 * 64)])

    def forward(self, x: Tensor) -> Tensor:
        for step in self.steps:
            x = lrelu(pixel_shuffle(step(x), 2))
        return x


class Rebuilding(nn.Module):
    """One view's frame from its features in time and across views, ``(N, num_feat, h, w)`` each."""

    def __init__(self, num_feat: int, num_block: int) -> None:
        super().__init__()
        self.fuse = conv(2 * num_feat, num_feat, 1)
        self.trunk = make_layer(ResidualBlockNoBN, num_block, num_feat=num_feat)
        self.tail, self.last = conv(64, 64), conv(64, 3)

    def forward(self, in_time: Tensor, across: Tensor, enlarging: nn.Module, frame: Tensor) -> Tensor:
        deep = enlarging(self.trunk(lrelu(self.fuse(torch.cat([in_time, across], dim=1)))))
        base = interpolate(frame, scale_factor=SCALE, mode="bilinear", align_corners=False)
        found: Tensor = self.last(lrelu(self.tail(deep))) + base
        return found


@ARCH_REGISTRY.register()
class SVSRNet(nn.Module):
    """The middle frame of both views from three frames of each: RGB ``(N, 6, 3, h, w)`` in [0, 1], the left view's
    first, to ``(N, 2, 3, 4 h, 4 w)``. Sides are multiples of 4.

    `variant` ``released`` does what the authors' code does: each view attends to the first two frames of the other and
    never to the third, since frames are counted without the middle one; both views are fused in time and enlarged by
    the left view's layers; one convolution fuses twice across views. ``fixed`` attends to the first and the third
    frame, and has layers of its own in each of these places. What the released code declares and never runs is left
    out of both. Attention over all positions is windowed (`EverywhereAttention`), which is ours.
    Source: Xu et al., Stereo Video Super-Resolution via Exploiting View-Temporal Correlations, ACM MM 2021, whose
    details are those of the authors' code. Raises `UsageError` for another variant.
    """

    def __init__(
        self,
        num_feat: int = 64,
        deformable_groups: int = 8,
        num_extract_block: int = 5,
        num_reconstruct_block: int = 10,
        variant: str = RELEASED,
    ) -> None:
        super().__init__()
        if variant not in (RELEASED, FIXED):
            raise UsageError(f"SVSRNet has no variant {variant!r}; known: {RELEASED}, {FIXED}")
        fixed = variant == FIXED
        own = 2 if fixed else 1
        others = (0, 2) if fixed else (0, 1)
        self.first = conv(3, num_feat)
        self.extract = make_layer(ResidualBlockNoBN, num_extract_block, num_feat=num_feat)
        self.in_time = nn.ModuleList(TimeFusion(num_feat, deformable_groups) for _ in range(own))
        self.across = nn.ModuleList(ViewFusion(num_feat, others, fixed) for _ in range(2))
        self.rebuild = nn.ModuleList(Rebuilding(num_feat, num_reconstruct_block) for _ in range(2))
        self.enlarge = nn.ModuleList(Enlarging(num_feat) for _ in range(own))

    def forward(self, x: Tensor) -> Tensor:
        features = self.extract(lrelu(self.first(x.flatten(0, 1))))
        views = features.reshape(*x.shape[:2], *features.shape[1:]).chunk(2, dim=1)
        frames = [frames[:, CENTRE] for frames in x.chunk(2, dim=1)]
        return torch.stack([self._restored(view, views, frames[view]) for view in range(2)], dim=1)

    def _restored(self, view: int, views: tuple[Tensor, ...], frame: Tensor) -> Tensor:
        own = view % len(self.in_time)
        in_time = self.in_time[own](views[view])
        across = self.across[view](views[view][:, CENTRE], views[1 - view])
        found: Tensor = self.rebuild[view](in_time, across, self.enlarge[own], frame)
        return found
