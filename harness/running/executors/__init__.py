"""Where the cells of a plan are computed."""
