"""A convolutional LSTM cell."""

from __future__ import annotations

import torch
from torch import Tensor, nn

State = tuple[Tensor, Tensor]
"""Hidden and cell state, each ``(N, channels, H, W)``."""


class ConvLSTMCell(nn.Module):
    """One step: ``(N, channels, H, W)`` and the state before (None at the start: zeros) to the state after.

    3x3 convolutions of input and hidden state, no peepholes; the forget gate's bias starts at 1, to remember.
    Source: Shi et al., Convolutional LSTM Network, NIPS 2015.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gates = nn.Conv2d(2 * channels, 4 * channels, 3, padding=1)
        nn.init.xavier_uniform_(self.gates.weight)
        bias = torch.zeros(4, channels)
        bias[1] = 1  # the forget gate's
        self.gates.bias = nn.Parameter(bias.flatten())

    def forward(self, x: Tensor, state: State | None = None) -> State:
        hidden, cell = state if state is not None else (torch.zeros_like(x), torch.zeros_like(x))
        entrance, forget, candidate, exit_ = self.gates(torch.cat([x, hidden], dim=1)).chunk(4, dim=1)
        cell = forget.sigmoid() * cell + entrance.sigmoid() * candidate.tanh()
        return exit_.sigmoid() * cell.tanh(), cell
