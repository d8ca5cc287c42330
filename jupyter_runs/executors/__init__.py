"""Where the launcher of a script is started: on this machine (`local.py`), or by an engine that runs elsewhere (`base.py`)."""
