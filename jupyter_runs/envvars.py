"""Names of the environment variables by which processes of one workspace find each other. No imports: a job begins with this."""

#: Which workspace: a folder, a config file or an address.
WORKSPACE = "JUPYTER_RUNS_WORKSPACE"
#: Of a Jupyter server whose address has none.
TOKEN = "JUPYTER_RUNS_TOKEN"  # noqa: S105 - the name of a variable
#: In a submitted script and in everything that it starts: the id of its run.
RUN_ID = "JUPYTER_RUNS_RUN_ID"
#: A file of compute targets, before all others. Scripts get the one of their project, so that they find its targets from the folder that
#: they run in.
COMPUTE = "JUPYTER_RUNS_COMPUTE"
#: In a launcher on a node: the version that has submitted the run. It refuses to serve another series than that one.
VERSION = "JUPYTER_RUNS_VERSION"
