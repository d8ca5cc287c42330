"""ScriptRunConfig, RunConfiguration, Environment: what is honoured, what is refused at submit, what survives in files."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import yaml

from jupyter_runs import environment as environments
from jupyter_runs.errors import CloudOnly, RunConfigurationException
from jupyter_runs.script import (
    CondaDependencies,
    DockerConfiguration,
    Environment,
    MpiConfiguration,
    PyTorchConfiguration,
    RunConfiguration,
    ScriptRunConfig,
    Submission,
    check,
    sample_runconfigs,
)

posix = pytest.mark.skipif(os.name == "nt", reason="links, modes and shells of POSIX")


@pytest.fixture(autouse=True)
def _nothing_told(monkeypatch):
    """What is said once per process may be said in every test."""
    monkeypatch.setattr(environments, "_told", set())


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The current folder, with a script in it and one below it."""
    folder = tmp_path / "project"
    (folder / "src").mkdir(parents=True)
    (folder / "train.py").write_text("print('hello')\n")
    (folder / "src" / "prepare.py").write_text("print('hello')\n")
    monkeypatch.chdir(folder)
    return folder


def refused(match, *args, **kwargs):
    with pytest.raises(RunConfigurationException, match=match) as told:
        check(ScriptRunConfig(*args, **kwargs))
    assert "\n" not in told.value.message
    return told.value.message


# ---- a submission


def test_the_default_is_this_python_on_this_machine(project):
    assert check(ScriptRunConfig(source_directory=".", script="train.py")) == Submission(
        source=project,
        script="train.py",
        command=None,
        arguments=[],
        interpreter=sys.executable,
        environment_variables={},
        max_seconds=2_592_000,
        target="local",
    )


def test_arguments_of_the_constructor_are_in_the_order_of_v1(project):
    run_config = RunConfiguration()
    config = ScriptRunConfig(".", "train.py", ["a"], run_config, None, None, None, None, None, 2592000, None, None)
    assert (config.source_directory, config.script, config.arguments) == (".", "train.py", ["a"])
    assert config.run_config is run_config
    made = RunConfiguration("s.py", ["a"], "Python", "None", CondaDependencies(), None, None, None, None)
    assert (made.script, made.arguments, made.framework, made.communicator) == ("s.py", ["a"], "Python", "None")


def test_a_submission_does_not_change_with_its_configuration(project):
    config = ScriptRunConfig(".", "train.py", ["--alpha", 0.5])
    config.run_config.environment_variables["A"] = "1"
    first = check(config)
    before = copy.deepcopy(first)
    config.arguments.append("more")
    config.run_config.environment_variables["A"] = "2"
    config.script, config.source_directory = "prepare.py", "src"
    assert first == before
    second = check(config)
    assert (second.source, second.script, second.arguments) == (
        project / "src",
        "prepare.py",
        ["--alpha", "0.5", "more"],
    )


def test_one_configuration_may_be_submitted_again_with_arguments_that_cannot_be_copied(project):
    with (project / "train.py").open() as file:
        config = ScriptRunConfig(".", "train.py", [file])
        assert check(config) == check(config)


def test_a_job_is_json_without_the_environment_variables_and_comes_back(project):
    config = ScriptRunConfig(".", "train.py", ["--größe", "a b"])
    config.run_config.environment_variables = {"TOKEN": "secret"}
    submission = check(config)
    text = json.dumps(submission.job())
    assert "secret" not in text
    assert "TOKEN" not in text
    assert Submission.of_job(json.loads(text), {"TOKEN": "secret"}) == submission


@pytest.mark.parametrize("job", [{}, {"source": None}, {"source": 3}])
def test_a_damaged_job_is_one_line(job):
    with pytest.raises(RunConfigurationException, match=r"record of the script is damaged\. Submit it again"):
        Submission.of_job(job, {})


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (None, []),
        ([], []),
        (["--alpha", 0.5, 3, True, None, Path("a")], ["--alpha", "0.5", "3", "True", "None", "a"]),
        (("a", "b c"), ["a", "b c"]),
        ((str(n) for n in range(2)), ["0", "1"]),
        ("--alpha 0.5 'a b' # x", ["--alpha", "0.5", "a b", "#", "x"]),
        ("", []),
        (["", "-rf", "größe", "new\nline", "$HOME"], ["", "-rf", "größe", "new\nline", "$HOME"]),
    ],
)
def test_arguments_become_text(project, arguments, told):
    submission = check(ScriptRunConfig(".", "train.py", arguments))
    assert submission.arguments == told
    assert submission.argv() == [sys.executable, "train.py", *told]


def test_argv_is_what_a_process_gets(project):
    (project / "train.py").write_text("import sys, json; print(json.dumps(sys.argv))")
    hard = ["", "a b", "'\"", "*", "größe", "new\nline"]
    argv = check(ScriptRunConfig(".", "train.py", hard)).argv()
    assert json.loads(subprocess.check_output(argv, cwd=project)) == ["train.py", *hard]


class Unprintable:
    def __repr__(self):
        raise RuntimeError


@pytest.mark.parametrize("arguments", ["a 'b", {"a": 1}, 7, b"x", ["nul\0"], "nul\0", [Unprintable()]])
def test_arguments_that_no_program_takes_are_refused(project, arguments):
    refused(r"arguments?\b.*(Give|split)", ".", "train.py", arguments)


# ---- commands


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("python train.py --a 1 && echo done", "python train.py --a 1 && echo done"),
        (["python train.py --a 1 && echo done"], "python train.py --a 1 && echo done"),
        (["python", "train.py", "--a", 1, "&&", "echo"], "python train.py --a 1 && echo"),
        (("echo", "$HOME"), "echo $HOME"),
    ],
)
def test_a_command_is_text_for_a_shell(project, command, text):
    submission = check(ScriptRunConfig(".", command=command))
    assert (submission.script, submission.arguments, submission.command, submission.argv()) == (None, [], text, text)


@posix
def test_items_of_a_command_with_blanks_stay_one_word(project):
    text = check(ScriptRunConfig(".", command=["printf", "%s,", "a b", "it's so", ""])).argv()
    assert subprocess.check_output(text, shell=True, text=True) == "a b,it's so,,"


def test_what_is_to_run_must_be_one_thing(project):
    refused(r"Both a script \('train\.py'\) and a command .* Leave one of them out", ".", "train.py", command="x")
    refused(r"nothing to run\. Give script=", ".")
    refused(r"nothing to run\. Give script=", ".", "", command=[])
    refused(r"arguments belong to a script", ".", command="x", arguments=["a"])
    refused(r"command is text or a list, not 7", ".", command=7)


# ---- scripts and folders


def test_a_script_is_named_below_its_folder_however_it_was_given(project, tmp_path):
    for given in ("src/prepare.py", "./src/prepare.py", "src/../src/prepare.py", project / "src" / "prepare.py"):
        assert check(ScriptRunConfig(project, given)).script == "src/prepare.py"
    assert check(ScriptRunConfig(".", "src\\prepare.py")).script == "src/prepare.py"


@posix
def test_a_folder_reached_by_a_link_keeps_its_name(project, tmp_path):
    (tmp_path / "alias").symlink_to(project)
    assert check(ScriptRunConfig(tmp_path / "alias", "train.py")).source == tmp_path / "alias"
    assert check(ScriptRunConfig(tmp_path / "alias", project / "train.py")).script == "train.py"
    assert check(ScriptRunConfig(tmp_path / "alias", tmp_path / "alias" / "train.py")).script == "train.py"


def test_a_tilde_is_the_home_folder(project, monkeypatch):
    monkeypatch.setenv("HOME", str(project))
    monkeypatch.setenv("USERPROFILE", str(project))
    assert check(ScriptRunConfig("~/src", "prepare.py")).source == project / "src"
    assert check(ScriptRunConfig(".", "~/src/prepare.py")).script == "src/prepare.py"


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("trian.py", r"trian\.py does not exist\. Did you mean 'train\.py'\?"),
        ("prepare.py", r"does not exist\. Did you mean 'src/prepare\.py'\?"),
        ("zzz", r"zzz does not exist\. Its path is relative to source_directory"),
        ("src", r"'src' is a folder\. Give a file in it"),
        (".", r"is not in the source folder|is a folder"),
        ("../elsewhere.py", r"is not in the source folder .* source_directory=.*script='elsewhere\.py'"),
        ("/etc/passwd", r"is not in the source folder"),
        ("nul\0", r"script cannot hold"),
        ("hidden/x.py", r"'hidden/x\.py' would be left out of the source by \.gitignore"),
        ("node_modules/x.py", r"would be left out of the source by the rule that node_modules"),
    ],
)
def test_a_script_that_cannot_run_is_refused_at_submit_and_not_before(project, script, says):
    (project.parent / "elsewhere.py").write_text("")
    (project / ".gitignore").write_text("hidden/\n")
    for folder in ("hidden", "node_modules"):
        (project / folder).mkdir()
        (project / folder / "x.py").write_text("")
    config = ScriptRunConfig(".", script)
    with pytest.raises(RunConfigurationException, match=says):
        check(config)


def test_a_folder_that_is_none_is_refused(project):
    refused(r"source_directory .*scr does not exist\. Did you mean 'src'\?", "scr", "train.py")
    refused(r"nowhere does not exist\. This process is in ", "/nowhere/nowhere", "train.py")
    refused(r"train\.py is a file\. Give its folder, and script='train\.py'", "train.py", "train.py")
    for odd in (None, 7, "nul\0", ["."]):
        refused(r"source_directory is the path of a folder", odd, "train.py")


class Estimator:
    pass


class MyEstimator(Estimator):
    pass


class HyperDriveConfig:
    pass


def test_what_only_azure_runs_names_the_local_way():
    with pytest.raises(CloudOnly, match=r"MyEstimator runs in Azure only\. Here, submit the training script with"):
        check(MyEstimator())
    with pytest.raises(CloudOnly, match=r"HyperDriveConfig runs in Azure only\. Here, start one child run"):
        check(HyperDriveConfig())


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (None, r"takes a ScriptRunConfig, not a builtins\.NoneType"),
        ("train.py", r"takes a ScriptRunConfig, not a builtins\.str"),
        (RunConfiguration("train.py"), r"submit ScriptRunConfig\(source_directory='\.', run_config="),
    ],
)
def test_anything_else_is_refused_by_its_type(config, says):
    with pytest.raises(RunConfigurationException, match=says):
        check(config)


def test_odd_parts_of_a_configuration_are_refused_by_name(project):
    refused(r"run_config is a RunConfiguration, not a str", ".", "train.py", run_config="sklearn")
    refused(r"environment is an Environment, not 'AzureML-Minimal'", ".", "train.py", environment="AzureML-Minimal")


# ---- interpreter, variables, duration, target


def test_the_interpreter_is_the_one_of_the_environment(project, tmp_path):
    environment = Environment("mine")
    environment.python.interpreter_path = sys.executable
    environment.environment_variables = {"A": "1", "B": 2, "EMPTY": None}
    config = ScriptRunConfig(".", "train.py", environment=environment)
    config.run_config.environment_variables = {"A": "wins", "C": Path("x")}
    submission = check(config)
    assert submission.interpreter == sys.executable
    assert submission.environment_variables == {"A": "wins", "B": "2", "EMPTY": "", "C": "x"}


@posix
def test_an_interpreter_may_be_below_the_source_or_in_path(project, monkeypatch):
    python = project / "env" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    (project / "env" / "pyvenv.cfg").write_text("")
    config = ScriptRunConfig(".", "train.py")
    config.run_config.environment.python.interpreter_path = "env/bin/python"
    # The link is what makes it an environment: it is not followed.
    assert check(config).interpreter == str(python)
    python.rename(python.with_name("mypython"))
    monkeypatch.setenv("PATH", str(python.parent))
    config.run_config.environment.python.interpreter_path = "mypython"
    assert check(config).interpreter == str(python.with_name("mypython"))


@pytest.mark.parametrize("path", ["no-such-python", "env/bin/python", "/nowhere/python", "~/nowhere", "src"])
def test_an_interpreter_that_is_not_there_is_refused_at_submit(project, path):
    config = ScriptRunConfig(".", "train.py")
    config.run_config.environment.python.interpreter_path = path
    with pytest.raises(RunConfigurationException, match=r"does not exist.*Set environment\.python\.interpreter_path"):
        check(config)


@posix
def test_an_interpreter_that_cannot_be_executed_is_refused(project):
    config = ScriptRunConfig(".", "train.py")
    config.run_config.environment.python.interpreter_path = "./train.py"
    with pytest.raises(RunConfigurationException, match=r"cannot be executed\. .*chmod"):
        check(config)


@pytest.mark.parametrize("variables", [{"": "x"}, {"a=b": "x"}, {"nul\0": "x"}, {"x": "nul\0"}, {7: "x"}, ["A=1"]])
def test_environment_variables_that_no_process_takes_are_refused(project, variables):
    config = ScriptRunConfig(".", "train.py")
    config.run_config.environment_variables = variables
    with pytest.raises(RunConfigurationException, match=r"environment.variable"):
        check(config)


@pytest.mark.parametrize(("given", "seconds"), [(None, None), (0, None), (1.5, 1.5), ("60", 60.0), (3600, 3600.0)])
def test_a_duration_is_seconds_and_nothing_is_no_limit(project, given, seconds):
    assert check(ScriptRunConfig(".", "train.py", max_run_duration_seconds=given)).max_seconds == seconds


@pytest.mark.parametrize("given", [-1, float("nan"), float("inf"), "an hour", True, [1], 10**400])
def test_a_duration_that_is_none_is_refused(project, given):
    refused(r"max_run_duration_seconds is a number of seconds", ".", "train.py", max_run_duration_seconds=given)


class Cluster:
    name = "cpu-cluster"


@pytest.mark.parametrize(
    ("target", "name"), [(None, "local"), ("local", "local"), (Cluster(), "cpu-cluster"), ("slurm", "slurm")]
)
def test_a_target_is_kept_by_its_name(project, target, name):
    assert check(ScriptRunConfig(".", "train.py", compute_target=target)).target == name
    config = ScriptRunConfig(".", "train.py")
    config.run_config.target = target
    assert (config.run_config.target, check(config).target) == (name, name)


def test_a_target_without_a_name_is_refused(project):
    refused(r"compute_target is the name of a target, not 7\. Give 'local'", ".", "train.py", compute_target=7)


# ---- a run configuration with a script


def test_what_a_script_run_config_says_itself_wins(project):
    run_config = RunConfiguration("src/prepare.py", ["x"])
    own = check(ScriptRunConfig(".", run_config=run_config))
    assert (own.script, own.arguments) == ("src/prepare.py", ["x"])
    given = check(ScriptRunConfig(".", "train.py", run_config=run_config))
    assert (given.script, given.arguments) == ("train.py", ["x"])
    assert check(ScriptRunConfig(".", "train.py", [], run_config=run_config)).arguments == []
    assert check(ScriptRunConfig(".", command="echo", run_config=run_config)).argv() == "echo"
    run_config.script, run_config.command = None, "echo"
    assert check(ScriptRunConfig(".", "train.py", run_config=run_config)).script == "train.py"


def test_with_a_run_config_the_other_arguments_are_not_used_and_it_says_so(project):
    with pytest.warns(UserWarning, match=r"^compute_target, max_run_duration_seconds of ScriptRunConfig: not used"):
        config = ScriptRunConfig(
            ".", "train.py", run_config=RunConfiguration(), compute_target="x", max_run_duration_seconds=5
        )
    submission = check(config)
    assert (submission.target, submission.max_seconds) == ("local", 2_592_000)


def test_what_has_no_effect_is_said_once(project):
    environment = Environment("mine")
    environment.docker.enabled = True
    environment.python.conda_dependencies = CondaDependencies.create(pip_packages=["torch"], python_version="3.8")
    config = ScriptRunConfig(".", "train.py", environment=environment, distributed_job_config=MpiConfiguration(2))
    config.run_config.node_count = 4
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        check(config)
        check(config)
    assert sorted(str(one.message).split()[0] for one in told) == [
        "Docker",
        "Packages",
        "distributed_job_config",
        "node_count",
    ]
    assert "Packages of an environment are not installed (torch)" in " ".join(str(one.message) for one in told)


def test_usual_configurations_are_silent(project):
    environment = Environment("mine")
    environment.python.user_managed_dependencies = True
    environment.python.conda_dependencies.add_pip_package("torch")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check(ScriptRunConfig(".", "train.py", environment=environment))
        check(ScriptRunConfig(".", "train.py", docker_runtime_config=DockerConfiguration(use_docker=False)))
        plain = Environment("plain")
        plain.python.conda_dependencies = CondaDependencies.create(pip_packages=["azureml-defaults"])
        check(ScriptRunConfig(".", "train.py", environment=plain))


# ---- files

#: As Azure's own SDK writes it; every key of it must come back.
OF_THE_SDK = """\
# The script to run.
script: train.py
arguments: ['--alpha', 0.5]
target: local
framework: Python
communicator: None
autoPrepareEnvironment: true
maxRunDurationSeconds: 3600
nodeCount: 1
priority:
environment:
  name: experiment_env
  version:
  environmentVariables:
    EXAMPLE_ENV_VAR: EXAMPLE_VALUE
  python:
    userManagedDependencies: true
    interpreterPath: python
    condaDependenciesFile:
    baseCondaEnvironment:
    condaDependencies:
      channels: [conda-forge]
      dependencies:
      - python=3.6.2
      - pip:
        - azureml-defaults
      name: project_environment
  docker:
    enabled: false
    baseImage: mcr.microsoft.com/azureml/base:0.2.4
    platform:
      os: Linux
      architecture: amd64
    sharedVolumes: true
    arguments: []
    baseImageRegistry:
      address:
      username:
      password:
      registryIdentity:
  spark:
    repositories: []
    packages: []
    precachePackages: true
history:
  outputCollection: true
  disableMetricCollection: false
  snapshotProject: true
  directoriesToWatch:
  - logs
spark:
  configuration:
    spark.app.name: Azure ML Experiment
    spark.yarn.maxAppAttempts: 1
hdi:
  yarnDeployMode: cluster
batchai:
  nodeCount: 1
tensorflow:
  workerCount: 1
  parameterServerCount: 1
mpi:
  processCountPerNode: 1
containerInstance:
  cpuCores: 1
  memoryGb: 2
  region: eastus2
dataReferences: {}
applicationEndpoints: {}
data: {}
amlcompute:
  vmSize:
  retainCluster: false
cmk8sCompute:
  configuration: {}
commandReturnCodeConfig:
  returnCode: Zero
  successfulReturnCodes: []
"""


def write(file, text):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text if isinstance(text, str) else json.dumps(text))
    return file


def missing(before, after, path=""):
    """What is in `before` and not in `after`; an empty mapping or list may go."""
    for key, value in before.items():
        if isinstance(value, dict):
            yield from missing(value, after.get(key) or {}, f"{path}{key}.")
        elif value not in ([], None) and after.get(key) != value:
            yield f"{path}{key}"


def test_a_file_of_the_sdk_is_honoured_and_comes_back_whole(project):
    write(project / ".azureml" / "sklearn.runconfig", OF_THE_SDK)
    config = RunConfiguration.load(".", "sklearn")
    submission = check(ScriptRunConfig(".", run_config=config))
    assert (submission.arguments, submission.max_seconds) == (["--alpha", "0.5"], 3600)
    assert submission.environment_variables == {"EXAMPLE_ENV_VAR": "EXAMPLE_VALUE"}
    assert config.environment.python.conda_dependencies.get_python_version() == "3.6.2"
    saved = config.save()
    assert saved == Path(".azureml", "sklearn.runconfig")
    assert list(missing(yaml.safe_load(OF_THE_SDK), yaml.safe_load(saved.read_text()))) == []
    again = RunConfiguration.load(".", "sklearn")
    assert again.to_dict() == config.to_dict()


def test_a_json_file_of_a_public_project_loads(project):
    public = {
        "script": "train.py",
        "framework": "Python",
        "communicator": "None",
        "target": "cpu-cluster",
        "environment": {
            "python": {
                "interpreterPath": "python",
                "userManagedDependencies": False,
                "condaDependencies": {"dependencies": ["python=3.6.2", "scikit-learn", {"pip": ["azureml-defaults"]}]},
            },
            "docker": {"baseImage": "mcr.microsoft.com/azureml/base:0.2.4", "enabled": True, "gpuSupport": True},
        },
    }
    write(project / ".azureml" / "sklearn.runconfig", json.dumps(public, indent="\t"))
    config = RunConfiguration.load(".", "sklearn")
    assert (config.target, config.environment.docker.enabled) == ("cpu-cluster", True)
    assert config.environment.python.conda_dependencies.wanted() == ["scikit-learn"]
    assert check(ScriptRunConfig(".", run_config=config)).target == "cpu-cluster"


@pytest.mark.parametrize(
    "place",
    [".azureml/x", ".azureml/x.runconfig", "aml_config/x", "aml_config/x.runconfig", ".jupyter_runs/x.runconfig"],
)
def test_a_configuration_is_found_where_v1_puts_it(project, place):
    file = write(project / place, "script: train.py")
    assert RunConfiguration.load(project, "x").script == "train.py"
    assert RunConfiguration.load(file).script == "train.py"
    assert RunConfiguration.load(".", place).script == "train.py"
    RunConfiguration.delete(project, "x")
    assert not file.exists()


def test_packages_may_be_in_a_file_of_their_own(project):
    write(project / "aml_config" / "conda.yml", "dependencies: [python=3.9, {pip: [torch]}]")
    write(
        project / "aml_config" / "x.runconfig",
        "environment: {python: {condaDependenciesFile: aml_config/conda.yml}}",
    )
    config = RunConfiguration.load(project / "aml_config" / "x.runconfig")
    assert config.environment.python.conda_dependencies.pip_packages == ["torch"]
    text = yaml.safe_load(config.save(project, "y").read_text())
    assert text["environment"]["python"]["condaDependenciesFile"] == "aml_config/conda.yml"


def test_saving_makes_the_folder_and_loading_gives_the_same(project):
    config = RunConfiguration("train.py", ["--n", 3])
    config.target = Cluster()
    config.environment_variables = {"A": "größe"}
    config.environment.python.conda_dependencies = CondaDependencies.create(None, ["torch"], ["numpy"])
    config.amlcompute.vm_size = "STANDARD_D1_V2"
    config.auto_prepare_environment = True
    assert config.save(project / "new", "mine") == project / "new" / ".azureml" / "mine"
    loaded = RunConfiguration.load(project / "new", "mine")
    assert loaded.to_dict() == {**config.to_dict(), "arguments": ["--n", 3]}
    assert (loaded.target, loaded.amlcompute.vm_size) == ("cpu-cluster", "STANDARD_D1_V2")
    assert yaml.safe_load((project / "new" / ".azureml" / "mine").read_text())["autoPrepareEnvironment"] is True
    assert config.save(project / "here.yml") == project / "here.yml"


def test_packages_are_saved_apart_when_asked(project):
    config = RunConfiguration("train.py", conda_dependencies=CondaDependencies.create(conda_packages=["numpy"]))
    config.save(".", "mine", separate_environment_yaml=True)
    assert yaml.safe_load(Path(".azureml/environment.yml").read_text()) == {"dependencies": ["numpy"]}
    loaded = RunConfiguration.load(".", "mine")
    assert loaded.environment.python.conda_dependencies.conda_packages == ["numpy"]


@pytest.mark.parametrize("name", [None, "", "..", "a/b", "a\\b", "nul\0"])
def test_a_name_that_is_no_file_name_is_refused(project, name):
    with pytest.raises(RunConfigurationException, match="cannot name a run configuration"):
        RunConfiguration().save(".", name)


def test_a_configuration_that_is_not_there_names_those_that_are(project):
    with pytest.raises(RunConfigurationException, match=r"'sklaern' in .*folder attach"):
        RunConfiguration.load(".", "sklaern")
    sample_runconfigs(".")
    with pytest.raises(RunConfigurationException, match=r"'sklaern' in \.azureml\. Did you mean 'sklearn'\?"):
        RunConfiguration.load(".", "sklaern")
    with pytest.raises(RunConfigurationException, match=r"There are: local, sklearn"):
        RunConfiguration.load(".", "zzz")
    with pytest.raises(RunConfigurationException, match=r"Which run configuration of \.\? There are: local, sklearn"):
        RunConfiguration.load(".")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: b: c", r"x, line 1 is no YAML: mapping values are not allowed here"),
        ("{", r"x, line \d is no YAML"),
        ("- a", r"x is no run configuration: it holds \['a'\]"),
        ("", r"x is no run configuration: it holds None"),
        ("environment: mine", r"x: Environment is a mapping of settings, not 'mine'"),
        ("environment: {python: {condaDependencies: [a]}}", r"x: conda dependencies: a conda file is a mapping"),
        ("!!python/object/apply:os.system ['echo']", r"x, line 1 is no YAML"),
        (b"\xff\xfe", r"x cannot be read"),
    ],
)
def test_a_file_that_is_no_configuration_is_one_line(project, text, says):
    file = project / ".azureml" / "x"
    file.parent.mkdir()
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(RunConfigurationException, match=says) as told:
        RunConfiguration.load(".", "x")
    assert "\n" not in told.value.message


def test_samples_work_as_they_are_and_never_overwrite(project):
    (project / ".amlignore").write_text("mine")
    written = sample_runconfigs(project)
    assert [file.name for file in written] == ["local.runconfig", "sklearn.runconfig", "conda_dependencies.yml"]
    assert (project / ".amlignore").read_text() == "mine"
    assert sample_runconfigs(project) == []
    for name in ("local", "sklearn"):
        config = RunConfiguration.load(project, name)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            submission = check(ScriptRunConfig(project, run_config=config))
        assert (submission.script, submission.target, submission.interpreter) == ("train.py", "local", sys.executable)
    (project / ".amlignore").unlink()
    assert [file.name for file in sample_runconfigs(project)] == [".amlignore"]
    assert check(ScriptRunConfig(project, run_config=config)).script == "train.py"


# ---- environments and packages


def test_an_environment_is_registered_and_got_from_the_workspace(ws, project):
    environment = Environment("my env/1")
    environment.python.interpreter_path = sys.executable
    environment.environment_variables["A"] = "1"
    environment.python.user_managed_dependencies = True
    environment.python.conda_dependencies.add_conda_package("numpy=1.20")
    environment.register(ws)
    found = Environment.get(ws, "my env/1")
    assert found.to_dict() == environment.to_dict()
    assert list(Environment.list(ws)) == ["my env/1"]
    assert check(ScriptRunConfig(".", "train.py", environment=found.clone("copy"))).environment_variables == {"A": "1"}


def test_an_environment_that_nobody_registered_is_this_python(ws, project):
    with pytest.warns(UserWarning, match=r"No environment 'AzureML-Minimal' is registered here"):
        environment = Environment.get(workspace=ws, name="AzureML-Minimal")
    assert check(ScriptRunConfig(".", "train.py", environment=environment)).interpreter == sys.executable


def test_an_environment_is_saved_to_a_folder_and_loaded(project):
    environment = Environment("mine")
    environment.docker.base_image_registry.address = "registry"
    environment.save_to_directory("saved")
    assert Environment.load_from_directory("saved").to_dict() == environment.to_dict()
    with pytest.raises(RunConfigurationException, match=r"is there already\. Pass overwrite=True"):
        environment.save_to_directory("saved")
    environment.save_to_directory("saved", overwrite=True)
    with pytest.raises(RunConfigurationException, match="cannot be read"):
        Environment.load_from_directory("nowhere")


def test_environments_are_made_from_lists_of_packages(project):
    write(project / "conda.yml", "name: x\ndependencies: [python=3.8, numpy, {pip: [torch]}]")
    write(project / "requirements.txt", "# these\ntorch==2.0\n\n--extra-index-url x\nnumpy\n")
    conda = Environment.from_conda_specification("a", "conda.yml").python.conda_dependencies
    assert (conda.conda_packages, conda.pip_packages) == (["python=3.8", "numpy"], ["torch"])
    pip = Environment.from_pip_requirements("b", "requirements.txt", pip_version="20.0").python.conda_dependencies
    assert (pip.conda_packages, pip.pip_packages, pip.pip_options) == (
        ["pip=20.0"],
        ["torch==2.0", "numpy"],
        ["--extra-index-url x"],
    )
    for call in (Environment.from_conda_specification, Environment.from_pip_requirements):
        with pytest.raises(RunConfigurationException, match=r"nowhere.* cannot be read"):
            call("x", "nowhere")


@posix
def test_an_existing_conda_environment_lends_its_python(project, tmp_path, monkeypatch):
    python = tmp_path / "envs" / "mine" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    folders = {"envs": [str(tmp_path / "base"), str(tmp_path / "envs" / "mine"), str(tmp_path / "envs" / "empty")]}
    conda = write(tmp_path / "conda", f"#!/bin/sh\necho '{json.dumps(folders)}'\n")
    conda.chmod(0o755)
    monkeypatch.setenv("CONDA_EXE", str(conda))
    environment = Environment.from_existing_conda_environment("x", "mine")
    assert check(ScriptRunConfig(".", "train.py", environment=environment)).interpreter == str(python)
    with pytest.raises(RunConfigurationException, match=r"no environment 'mien'\. Did you mean 'mine'\?"):
        Environment.from_existing_conda_environment("x", "mien")
    with pytest.raises(RunConfigurationException, match="has no Python"):
        Environment.from_existing_conda_environment("x", "empty")


def test_without_conda_its_environments_are_this_python_with_a_warning(project, monkeypatch, tmp_path):
    monkeypatch.delenv("CONDA_EXE", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.warns(UserWarning, match=r"conda is not found, so the environment 'mine' cannot be used"):
        environment = Environment.from_existing_conda_environment("x", "mine")
    assert environment.python.interpreter_path == "python"


def test_packages_are_added_once_and_removed_by_name(project):
    packages = CondaDependencies.create(
        pip_indexurl="https://example.org",
        pip_packages=["scikit_learn==0.20", "torch[cpu]>=1; python_version>'3'"],
        conda_packages=["numpy=1.20", "conda-forge::scipy"],
        python_version="3.8",
    )
    packages.add_pip_package("scikit-learn==1.0")
    packages.add_conda_package("NumPy=1.26")
    packages.add_channel("conda-forge")
    packages.add_channel("conda-forge")
    assert packages.conda_packages == ["python=3.8", "conda-forge::scipy", "NumPy=1.26"]
    assert packages.pip_packages == ["torch[cpu]>=1; python_version>'3'", "scikit-learn==1.0"]
    assert (packages.pip_options, packages.conda_channels) == (["--index-url https://example.org"], ["conda-forge"])
    packages.remove_pip_package("torch")
    packages.remove_conda_package("scipy")
    packages.set_python_version("3.11")
    packages.remove_pip_option("--index-url")
    packages.remove_channel("conda-forge")
    assert packages.serialize_to_string() == (
        "dependencies:\n- python=3.11\n- NumPy=1.26\n- pip:\n  - scikit-learn==1.0\nchannels: []\n"
    )
    assert packages.save_to_file(".", "sub/conda.yml") == "sub/conda.yml"
    assert CondaDependencies("sub/conda.yml").as_dict() == packages.as_dict()
    assert CondaDependencies(packages.save()).as_dict() == packages.as_dict()


def test_settings_that_only_azure_has_are_taken_silently(project):
    config = RunConfiguration()
    config.spark.configuration["spark.driver.memory"] = "1g"
    config.amlcompute.vm_size = "x"
    config.hdi.yarn_deploy_mode = "client"
    config.history.output_collection = False
    config.mpi = MpiConfiguration(process_count_per_node=2)
    config.pytorch = PyTorchConfiguration(process_count=4)
    assert config.amlcompute.vm_priority is None
    assert copy.deepcopy(config).to_dict() == config.to_dict()
    assert "yarn_deploy_mode='client'" in repr(config.hdi)


def test_a_password_is_not_shown(project):
    environment = Environment("mine")
    environment.docker.base_image_registry.password = "hush"
    assert "hush" not in f"{environment} {environment.docker}"


def test_importing_needs_no_yaml():
    code = "import sys, jupyter_runs.script; print(*(n in sys.modules for n in ('yaml', 'pathspec', 'IPython')))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).split() == ["False"] * 3


def test_the_index_of_pip_is_given_as_a_url_or_as_the_whole_option():
    for given in ("https://example.org/simple", "--index-url https://example.org/simple"):
        dependencies = CondaDependencies()
        dependencies.set_pip_index_url(given)
        assert "--index-url https://example.org/simple" in dependencies.serialize_to_string()
