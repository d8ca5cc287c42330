"""Compute targets: where they are configured, what a wrong table says, and what is refused before anything is made."""

from __future__ import annotations

import subprocess
import sys

import pytest

from jupyter_runs import ComputeTarget, engines, envvars, paths, targets
from jupyter_runs.config import WorkspaceConfig
from jupyter_runs.errors import (
    CloudOnly,
    ComputeTargetException,
    RunConfigurationException,
    StoreNotShared,
    WorkspaceConfigError,
)
from jupyter_runs.executors.base import Job, State, executor
from jupyter_runs.executors.slurm import SlurmExecutor
from jupyter_runs.experiment import Experiment
from scripts import config

GPU = '[compute.gpu]\ntype = "slurm"\nshared = true\n'


def table(folder, text):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / targets.FILE).write_text(text)
    return folder / targets.FILE


# -- where -------------------------------------------------------------------------------------------------------------


def test_the_nearest_file_that_has_a_target_counts(ws, tmp_path, monkeypatch):
    table(paths.user_folder(), GPU + "cpus = 1\n[compute.of-user]\ntype = 'slurm'\n")
    assert targets.known(ws._config)["gpu"].cpus == 1
    table(ws.folder, GPU + "cpus = 2\n")
    assert targets.known(ws._config)["gpu"].cpus == 2
    project = tmp_path / "project"
    table(project / ".azureml", GPU + "cpus = 3\n")
    (project / "deep" / "down").mkdir(parents=True)
    monkeypatch.chdir(project / "deep" / "down")
    assert targets.known(ws._config)["gpu"].cpus == 3
    monkeypatch.setenv(envvars.COMPUTE, str(table(tmp_path / "any", GPU + "cpus = 4\n")))
    found = targets.known(ws._config)
    assert found["gpu"].cpus == 4
    assert list(found) == ["gpu", "of-user"]


def test_a_script_finds_the_targets_of_its_project(ws, tmp_path):
    file = table(tmp_path / "project" / ".azureml", GPU)
    text = "from jupyter_runs import Run; print(list(Run.get_context().experiment.workspace.compute_targets))"
    run = Experiment(ws, "any").submit(config(tmp_path / "project" / "src", text))
    run.wait_for_completion()
    assert run.get_log() == "['gpu']\n"
    assert file.exists()


def test_a_file_that_the_variable_names_must_be_there(ws, monkeypatch):
    monkeypatch.setenv(envvars.COMPUTE, "/nowhere/compute.toml")
    with pytest.raises(WorkspaceConfigError, match=r"is no file\. Set it to"):
        targets.known(ws._config)


# -- what a wrong table says --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[compute.gpu", "is not TOML"),
        ("compute = 3", "one table for each target"),
        ("[compute]\ngpu = 'slurm'", "one table for each target"),
        ("[compute.gpu]\nshared = true", 'says no type. Write e.g. type = "ray"'),
        ("[compute.gpu]\ntype = 3", 'type cannot be 3. Write e.g. type = "ray"'),
        ("[compute.local]\ntype = 'slurm'", "'local' is this machine"),
        (GPU.replace("true", "'yes'"), "shared cannot be 'yes'. Write e.g. shared = true"),
        (GPU + "cpus = true", "cpus cannot be True. Write e.g. cpus = 4"),
        (GPU + "gpus = -1", "gpus cannot be -1"),
        (GPU + "memory_gb = nan", "memory_gb cannot be nan"),
        (GPU + "server = 'login'", 'server = "http://login:8888/"'),
        (GPU + "python = 'python'", "python is an absolute path on the nodes"),
    ],
)
def test_a_wrong_file_is_named_with_the_line_to_write(ws, text, says):
    file = table(ws.folder, text)
    with pytest.raises(WorkspaceConfigError) as refused:
        targets.known(ws._config)
    assert says in str(refused.value)
    assert str(file) in str(refused.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[compute.x]\ntype = 'pbs'", "no type 'pbs'. Installed are ray, slurm"),
        ("[compute.x]\ntype = 'ray'", "lacks address"),
        ("[compute.x]\ntype = 'ray'\naddress = 'head'", 'Write e.g. address = "http://head:8265"'),
        ("[compute.x]\ntype = 'ray'\naddress = 'http://h:1'\ntoken_env = 3", 'Write e.g. token_env = "RAY_TOKEN"'),
        ("[compute.x]\ntype = 'ray'\naddress = 'http://h:1'\nresources = 'box'", "Write e.g. resources = { box = 1 }"),
        (
            "[compute.x]\ntype = 'ray'\naddress = 'http://h:1'\nresources.box = 'a'",
            "Write e.g. resources = { box = 1 }",
        ),
        ("[compute.x]\ntype = 'slurm'\noptions = 3", 'Write e.g. options = ["--partition=gpu"]'),
        ("[compute.x]\ntype = 'slurm'\npartition = 'gpu'", "slurm takes no 'partition'. It takes options, shared"),
        ("[compute.x]\ntype = 'slurm'\noptions = '-p gpu'", 'Write e.g. options = ["--partition=gpu"]'),
    ],
)
def test_what_an_engine_does_not_take_is_named_with_what_it_takes(ws, text, says):
    table(ws.folder, text)
    with pytest.raises(WorkspaceConfigError) as refused:
        executor(targets.known(ws._config)["x"])
    assert says in str(refused.value)


# -- submit ------------------------------------------------------------------------------------------------------------


def refused(ws, tmp_path, kind, match, name="gpu"):
    with pytest.raises(kind, match=match):
        Experiment(ws, "never").submit(config(tmp_path / "src", "pass", compute_target=name))
    assert "never" not in ws.experiments or not list(ws.experiments["never"].get_runs())


def test_a_target_that_is_not_there_is_refused_with_those_that_are(ws, tmp_path):
    table(ws.folder, GPU)
    refused(ws, tmp_path, RunConfigurationException, r"There are: 'local', 'gpu'\.", name="cpu")


def test_nodes_that_could_not_report_are_refused_with_the_line_to_write(ws, tmp_path):
    file = table(ws.folder, GPU.replace("true", "false"))
    refused(ws, tmp_path, StoreNotShared, rf"into \[compute.gpu\] in {file}; or, .* shared = true")


def test_a_sqlite_file_on_a_network_file_system_is_shared_by_no_nodes(ws, tmp_path, monkeypatch):
    table(ws.folder, GPU)
    monkeypatch.setattr(paths, "network_file_system", lambda _folder: "nfs4")
    refused(ws, tmp_path, StoreNotShared, r'server = "http://…".*postgresql://user@host/database')
    there = targets.known(ws._config)["gpu"]
    on_server = WorkspaceConfig(ws.folder, "ws", url="postgresql://me:hush@host/runs")
    assert engines.node_workspace(on_server, there).startswith("postgresql://me:hush@host/runs?files=")


@pytest.mark.parametrize(
    ("url", "lines", "opened"),
    [
        ("http://me@host/?token=hush&workspace=k", "", "http://host/?workspace=k"),
        (
            "http://localhost:8888/?token=hush&workspace=k",
            "server = 'http://login:8888/'\n",
            "http://login:8888/?workspace=k",
        ),
        ("http://localhost:8888/?token=hush", "server = 'http://login:8888/'\n", "http://login:8888/"),
    ],
)
def test_nodes_get_the_address_of_a_server_without_the_token_of_the_user(ws, url, lines, opened):
    table(ws.folder, GPU.replace("shared = true\n", lines))
    there = targets.known(ws._config)["gpu"]
    assert engines.node_workspace(WorkspaceConfig(ws.folder, "ws", url=url), there) == opened


def test_a_server_that_shows_the_workspace_is_asked_for_this_one(ws):
    table(ws.folder, GPU + "server = 'http://login:8888/base/?token=no'\n")
    there = targets.known(ws._config)["gpu"]
    assert engines.node_workspace(ws._config, there) == f"http://login:8888/base/?workspace={ws._config.key}"


def test_local_asks_no_file_and_no_entry_point(ws, tmp_path):
    table(ws.folder, "[broken")
    script = config(tmp_path / "src", "pass")
    run = Experiment(ws, "any").submit(script)
    run.wait_for_completion()
    code = (
        "import sys; from jupyter_runs import Experiment, ScriptRunConfig, Workspace\n"
        f"Experiment(Workspace({str(ws.folder)!r}), 'any').submit(ScriptRunConfig({str(tmp_path / 'src')!r}, 'train.py'))\n"
        "print([name for name in sys.modules if name in {'jupyter_runs.engines', 'importlib.metadata'}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "jupyter_runs.engines" not in done.stdout


# -- Slurm's answers, without Slurm -------------------------------------------------------------------------------------


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Put a program on the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=":")

    def write(name, text):
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)

    return write


def test_jobs_that_slurm_has_forgotten_are_lost_and_the_others_are_told_in_one_call(program):
    program(
        "squeue",
        "echo '7|RUNNING|None'; echo '8|PENDING|Priority'; echo '9|TIMEOUT|TimeLimit'; echo '11|COMPLETING|None'",
    )
    found = SlurmExecutor("there").poll(["7", "8", "9", "10", "11"])
    states = {handle: report.state for handle, report in found.items()}
    assert states == {"7": State.RUNNING, "8": State.QUEUED, "9": State.ENDED, "11": State.RUNNING}
    assert found["9"].reason == "TIMEOUT, TimeLimit"
    program("squeue", "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1")
    assert SlurmExecutor("there").poll(["7"]) == {}


def test_what_slurm_refuses_is_said_in_its_words(program, tmp_path):
    program("sbatch", "echo 'sbatch: error: invalid partition specified: gpu' >&2; exit 1")
    job = Job("run", ["/bin/true"], {}, str(tmp_path), str(tmp_path / "log"), cpus=1, gpus=0, memory_gb=None)
    with pytest.raises(ComputeTargetException, match=r"sbatch refuses: .*invalid partition specified: gpu"):
        SlurmExecutor("there").submit(job)


def test_a_job_is_asked_for_what_the_target_says_and_secrets_are_in_no_argument(program, tmp_path, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "a kernel")
    monkeypatch.setenv("JUPYTER_RUNS_TOKEN", "hush")
    program(
        "sbatch",
        f'printf "%s\\n" "$@" >{tmp_path}/asked; env >{tmp_path}/env; cat >{tmp_path}/script; echo "12;cluster"',
    )
    job = Job("run", ["/bin/py thon", "-m", "x"], {"A": "b"}, "/cwd", "/log%d", cpus=1.5, gpus=2, memory_gb=0.5)
    assert SlurmExecutor("there", options=["--partition=gpu"]).submit(job) == "12"
    asked = (tmp_path / "asked").read_text().split("\n")
    assert {"--cpus-per-task=2", "--gpus=2", "--mem=512M", "--no-requeue", "--output=/log%%d"} <= set(asked)
    assert "--partition=gpu" in asked
    assert (tmp_path / "script").read_text() == "#!/bin/sh\nexec '/bin/py thon' -m x\n"
    env = (tmp_path / "env").read_text()
    assert "A=b" in env
    assert "JPY_SESSION_NAME" not in env
    assert "hush" not in env


# -- Python ------------------------------------------------------------------------------------------------------------


def test_targets_of_a_workspace_by_name(ws):
    assert ws.compute_targets == {}
    table(ws.folder, GPU + "[compute.bad]\ntype = 'pbs'\n")
    assert list(ws.compute_targets) == ["gpu", "bad"]
    gpu = ws.compute_targets["gpu"]
    assert (gpu.name, gpu.type, gpu.provisioning_state, gpu.provisioning_errors) == ("gpu", "slurm", "Succeeded", [])
    assert ws.compute_targets["bad"].get_status() == "Failed"
    with pytest.raises(KeyError, match=r"configured: gpu, bad\).*\[compute.cpu\]") as missing:
        ComputeTarget(ws, "cpu")
    assert isinstance(missing.value, ComputeTargetException)
    with pytest.raises(CloudOnly, match=r"compute\.toml"):
        ComputeTarget.create(ws, "cpu", None)


def test_a_target_may_be_given_as_an_object(ws, tmp_path):
    table(ws.folder, GPU)
    assert config(tmp_path / "src", "pass", compute_target=ws.compute_targets["gpu"]).run_config.target == "gpu"


def test_the_overview_says_what_is_wrong_with_each(ws, monkeypatch):
    table(ws.folder, '[compute.gone]\ntype = "ray"\naddress = "http://127.0.0.1:9"\nshared = true\n')
    local, gone = engines.overview(ws._config)
    assert local == {"name": "local", "type": "local", "address": "", "file": None, "is_usable": True, "problem": None}
    assert (gone["is_usable"], gone["address"]) == (False, "http://127.0.0.1:9")
    assert "does not answer" in gone["problem"]
    assert engines.overview(ws._config, ask=False)[1]["is_usable"] is None
