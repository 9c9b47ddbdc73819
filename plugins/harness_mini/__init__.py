"""The embedded data sets `mini` and `mini-2`: human actions from motion capture, and what renders the second."""
