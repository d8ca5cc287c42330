"""A file of the source at the commit that was recorded: what git has, and one line of reason where it has it not."""

from __future__ import annotations

import subprocess

import pytest

from jupyter_runs.server import gitsource


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with `work/train.py` and `work/nb.ipynb` committed, the first changed since; its commit."""
    top = tmp_path / "repo"
    (top / "work").mkdir(parents=True)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")

    def git(*arguments):
        names = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
        done = subprocess.run(["git", *names, "-C", top, *arguments], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git("init")
    (top / "work" / "train.py").write_text("print('committed ż')\n", "utf-8")
    (top / "secret.txt").write_text("above the source")
    git("add", ".")
    git("commit", "-m", "first")
    (top / "work" / "train.py").write_text("print('changed')\n")
    return top, git("rev-parse", "HEAD")


@pytest.fixture
def run_of(make):
    """A run of a script in a folder at a commit."""
    return lambda folder, commit: make(properties={"azureml.git.commit": commit}, job={"source": str(folder)})


async def test_the_committed_text_is_told_and_not_that_of_the_disk(ask, run_of, make, repository):
    top, commit = repository
    run = run_of(top / "work", commit)
    code, answer = await ask(f"runs/{run.run_id}/source/train.py", at="git")
    assert (code, answer.body.decode()) == (200, "print('committed ż')\n")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    notebook = {"azureml.git.commit": commit, "jupyter_runs.notebook": str(top / "work" / "nb.ipynb")}
    of_cell = make(properties=notebook, job={"cell": "x"})
    assert (await ask(f"runs/{of_cell.run_id}/source/train.py", at="git"))[0] == 200


async def test_what_is_not_there_has_its_reason(ask, run_of, make, repository, tmp_path):
    top, commit = repository
    (tmp_path / "plain").mkdir()
    for folder, at, path, reason in (
        (top / "work", commit, "nope.py", "There is no file 'nope.py' at commit"),
        (top / "work", commit, "x/../../secret.txt", "is not a file below"),
        (top, commit, "work", "is not a file at commit"),
        (top / "work", "0" * 40, "train.py", "has no commit 00000000 any more"),
        (top / "work", "HEAD; rm -rf /", "train.py", "no commit was recorded"),
        (tmp_path / "gone", commit, "train.py", "is not on this machine"),
        (tmp_path / "plain", commit, "train.py", "is not in a git repository"),
    ):
        code, data = await ask(f"runs/{run_of(folder, at).run_id}/source/{path}", at="git")
        assert (code, data["reason"]) == (404, "NoSource"), path
        assert reason in data["message"]
    nowhere = make(properties={"azureml.git.commit": commit})
    code, data = await ask(f"runs/{nowhere.run_id}/source/train.py", at="git")
    assert (code, data["reason"]) == (404, "NoSource")
    assert "nothing to look up" in data["message"]


async def test_what_is_asked_for_in_another_way_is_refused(ask, run_of, repository, monkeypatch):
    top, commit = repository
    run = run_of(top / "work", commit)
    code, data = await ask(f"runs/{run.run_id}/source/train.py", at="svn")
    assert (code, data["reason"]) == (400, "BadRequest")
    monkeypatch.setattr(gitsource, "MAX_BYTES", 3)
    code, data = await ask(f"runs/{run.run_id}/source/train.py", at="git")
    assert (code, data["reason"]) == (413, "TooLong")
