"""The embedded data set `mini-2`: human actions from motion capture, and what renders them."""
