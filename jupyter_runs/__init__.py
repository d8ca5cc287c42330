"""Track notebook cells and scripts as runs."""

__version__ = "0.1.0"
