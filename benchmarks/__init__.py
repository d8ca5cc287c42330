"""What the design promises, measured: every figure is a ratio to a baseline taken in the same run, on the same machine."""
