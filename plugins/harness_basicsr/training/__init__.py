"""Training through BasicSR's own pipeline."""
