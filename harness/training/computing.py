"""What every recipe may say of how networks compute while they learn; `harness.training.precision` does it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from harness.planning.computing import FULL


class ComputingRecipe(BaseModel):
    """In half precision, or with channels innermost in memory. Weights, losses and optimisers are float32 always."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    precision: Literal["fp32", "bf16"] = FULL
    """What networks compute in while they learn; they are validated in ``fp32``, as they will be used."""
    channels_last: bool = False
    """Whether the channels of a pixel lie together in the memory of convolutions."""

    def computing(self) -> dict[str, Any]:
        """What differs from the usual, by the recipe's keys. A training resumes only with the same."""
        usual = {"precision": FULL, "channels_last": False}
        return {key: found for key, value in usual.items() if (found := getattr(self, key)) != value}

    def in_words(self) -> str:
        """For a plan or a data card."""
        half = f"{self.precision} (autocast); weights, losses and optimisers {FULL}"
        return (FULL if self.precision == FULL else half) + (", channels-last" if self.channels_last else "")
