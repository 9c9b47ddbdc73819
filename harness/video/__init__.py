"""Pixels in, pixels out: decoding, writing, resizing, degrading, and flow as a picture."""
