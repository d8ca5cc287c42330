"""targets: where scripts can run, and why not."""

from __future__ import annotations

import json

import pytest

TABLES = '[compute.gone]\ntype = "ray"\naddress = "http://127.0.0.1:9"\nshared = true\n[compute.far]\ntype = "slurm"\n'


@pytest.fixture
def tables(folder):
    folder.mkdir(exist_ok=True)
    (folder / "compute.toml").write_text(TABLES)


def test_targets_are_listed_with_what_is_wrong(run, tables):
    code, out, err = run("targets", "-o", "json")
    assert (code, err) == (0, "")
    local, gone, far = json.loads(out)
    assert (local["name"], local["is_usable"]) == ("local", True)
    assert (gone["name"], gone["type"], gone["address"]) == ("gone", "ray", "http://127.0.0.1:9")
    assert "does not answer" in gone["problem"]
    assert far["is_usable"] is False


def test_a_table_on_a_terminal_says_it_in_words(run, tables):
    _, out, _ = run("targets", "-o", "table", "--no-check")
    assert "not asked" in out
    assert "usable" in out
    assert "shared = true" in " ".join(out.split())


def test_no_engine_is_asked_with_no_check(run, tables):
    _, out, _ = run("targets", "--no-check", "--query", "[].[name, is_usable]", "-o", "json")
    assert json.loads(out) == [["local", True], ["gone", None], ["far", False]]


def test_a_wrong_file_is_one_line(run, folder):
    folder.mkdir(exist_ok=True)
    (folder / "compute.toml").write_text("[compute")
    code, out, err = run("targets")
    assert (code, out) == (1, "")
    assert "is not TOML" in err
    assert err.count("\n") == 1
