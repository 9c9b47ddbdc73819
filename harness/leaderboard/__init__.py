"""The leaderboard: one table computed from a run folder, and one module for each form it is shown in."""
