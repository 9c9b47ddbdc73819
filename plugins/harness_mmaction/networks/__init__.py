"""Networks of recognisers, and their checkpoints."""
