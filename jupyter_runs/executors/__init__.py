"""Where the launcher of a script is started: on this machine, or by an engine that runs elsewhere."""
