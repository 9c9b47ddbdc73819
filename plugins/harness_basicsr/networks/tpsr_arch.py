"""Space-time super-resolution by temporal profiles, known to BasicSR's registry as ``TPSR``."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pixel_shuffle, relu

from harness.video.imresize import imresize
from harness_basicsr import compat  # noqa: F401  (before basicsr)

from basicsr.utils.registry import ARCH_REGISTRY  # isort: skip


class Residual(nn.Module):
    """Two convolutions whose result is added; in two dimensions, or in time and space."""

    def __init__(self, width: int, convolution: type[nn.Conv2d] | type[nn.Conv3d]) -> None:
        super().__init__()
        self.first, self.second = (convolution(width, width, 3, padding=1) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = x + self.second(relu(self.first(x)))
        return found


class TemporalProfiles(nn.Module):
    """Features ``(N, C, T, h, w)`` to twice as many moments, ``(N, C, 2 T - 1, h, w)``.

    A temporal profile is a picture of one row, or of one column, over time. One network, as for single images, enlarges
    all of them along time; rows and columns are averaged, so that neither direction is another.
    """

    def __init__(self, num_feat: int, num_block: int) -> None:
        super().__init__()
        self.trunk = nn.Sequential(*(Residual(num_feat, nn.Conv2d) for _ in range(num_block)))
        # of three taps in time: given moments stay where they are, and those between see both neighbours alike
        self.enlarge = nn.ConvTranspose2d(num_feat, num_feat, 3, stride=(2, 1), padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return (self._along_rows(x) + self._along_rows(x.transpose(-2, -1)).transpose(-2, -1)) / 2

    def _along_rows(self, x: Tensor) -> Tensor:
        profiles = x.permute(0, 3, 1, 2, 4)
        found: Tensor = self.enlarge(self.trunk(profiles.flatten(0, 1)))
        return found.reshape(*profiles.shape[:2], *found.shape[1:]).permute(0, 2, 3, 1, 4)


@ARCH_REGISTRY.register()
class TPSR(nn.Module):
    """An LR clip to an HR clip of twice the frame rate: RGB ``(N, T, 3, h, w)`` in [0, 1] to
    ``(N, 2 T - 1, 3, scale h, scale w)``, in which every other frame is at the time of an LR frame.

    Temporal profiles are enlarged along time, a 3D convolution lays their features onto the HR grid, and residual
    blocks in time and space refine what is added to the bicubic frames, between which it is their mean. No motion is
    estimated. After Xiao, Xiong, Fu, Liu, Zha: Space-Time Video Super-Resolution Using Temporal Profiles, ACM MM 2020,
    of which the abstract alone is followed: every size is a choice of ours. 1,290,483 parameters.
    """

    def __init__(self, num_feat: int = 64, num_block: int = 10, num_refine: int = 16, scale: int = 4) -> None:
        super().__init__()
        self.scale = scale
        self.enter = nn.Conv2d(3, num_feat, 3, padding=1)
        self.profiles = TemporalProfiles(num_feat, num_block)
        self.shuffle = nn.Conv3d(num_feat, num_refine * scale**2, 3, padding=1)
        self.refine = nn.Sequential(*(Residual(num_refine, nn.Conv3d) for _ in range(5)))
        self.leave = nn.Conv3d(num_refine, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        features = torch.stack([self.enter(frames) for frames in x.unbind(dim=1)], dim=2)
        laid = self.shuffle(self.profiles(features)).transpose(1, 2)
        fine = pixel_shuffle(laid, self.scale).transpose(1, 2)
        added: Tensor = self.leave(self.refine(fine)).transpose(1, 2)
        return self.base(x) + added

    def base(self, x: Tensor) -> Tensor:
        """Bicubic frames, and their means between: ``(N, 2 T - 1, 3, H, W)``."""
        given = imresize(x, float(self.scale))
        between = (given[:, :-1] + given[:, 1:]) / 2
        both = torch.stack([given[:, :-1], between], dim=2).flatten(1, 2)
        return torch.cat([both, given[:, -1:]], dim=1)
