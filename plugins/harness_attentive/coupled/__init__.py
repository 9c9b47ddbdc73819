"""The fully coupled two-stream recogniser: its network, what it sees, and its training."""
