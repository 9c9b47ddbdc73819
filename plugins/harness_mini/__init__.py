"""The embedded benchmark data set `mini`: human actions from motion capture, and the program that renders them."""
