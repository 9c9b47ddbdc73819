"""Accuracy, intervals and paired tests from stored per-clip class scores. Pure numpy; percentages are 0 to 100."""

from __future__ import annotations

from harness.statistics.clusters import LEVEL
from harness.statistics.difference import Difference
from harness.statistics.means import mean_interval
from harness.statistics.paired import detectable_difference, mcnemar_p
from harness.statistics.panel import Panel
from harness.statistics.proportion import accuracy_interval, gamma_interval, mean_class_interval
from harness.statistics.ranks import concordance, holm, kendall_tau, shared_ranks, spearman
from harness.statistics.recovery import Recovery, recovery
from harness.statistics.scores import Scores, accuracy, fuse, hits, mean_class_accuracy
from harness.statistics.signflip import familywise_p, sign_flip_p

__all__ = [
    "LEVEL",
    "Difference",
    "Panel",
    "Recovery",
    "Scores",
    "accuracy",
    "accuracy_interval",
    "concordance",
    "detectable_difference",
    "familywise_p",
    "fuse",
    "gamma_interval",
    "hits",
    "holm",
    "kendall_tau",
    "mcnemar_p",
    "mean_class_accuracy",
    "mean_class_interval",
    "mean_interval",
    "recovery",
    "shared_ranks",
    "sign_flip_p",
    "spearman",
]
