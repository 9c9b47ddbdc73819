"""What a recogniser sees of a clip: sampling, crops, stacks of flow."""
