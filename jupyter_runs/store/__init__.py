"""Stores: one contract (`base.py`), one implementation per back end."""
