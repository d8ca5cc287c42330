"""Files of a run and of its source: whole and in ranges, and nothing in them ever a page or outside of the run."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import sys
from urllib.parse import quote

import pytest
from serving import living_owner, until
from tornado.httpclient import HTTPClientError

from jupyter_runs import paths, provenance, source, source_blobs
from jupyter_runs.model import Status
from jupyter_runs.server import files
from jupyter_runs.server.files import content_type, disposition


@pytest.fixture
def write(folder):
    """Put a file into a run: `write(run, "outputs/a.txt", b"…")`."""

    def write(run, name, data):
        path = paths.run_folder(folder, run.run_id).joinpath(*name.split("/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    return write


@pytest.fixture
def fetch(jp_base_url, http_server_client, jp_auth_header):
    """GET with headers, the path as it is: `await fetch("runs/x/files/a%2Fb", Range="bytes=0-1")`."""

    async def fetch(path, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"{jp_base_url}jupyter-runs/api/{path}"
        try:
            return await http_server_client.fetch(url, headers={**jp_auth_header, **named}, follow_redirects=False)
        except HTTPClientError as error:
            return error.response

    return fetch


# -- the list ------------------------------------------------------------------------------------------------------------


async def test_files_are_listed_in_order_with_sizes_and_times(ask, make, write):
    run = make()
    for name in ("outputs/b.bin", "logs/a.txt", "outputs/ż €.txt"):
        write(run, name, b"12345")
    os.utime(write(run, "outputs/a.txt", b"1"), (1000, 1000))
    code, answer = await ask(f"runs/{run.run_id}/files")
    assert code == 200
    names = ["logs/a.txt", "outputs/a.txt", "outputs/b.bin", "outputs/ż €.txt"]
    assert [file["name"] for file in answer["files"]] == names
    assert answer["total"] == 4
    assert answer["files"][1] == {"name": "outputs/a.txt", "size": 1, "modified_at": 1000.0}


async def test_a_run_without_files_has_an_empty_list(ask, make):
    assert await ask(f"runs/{make().run_id}/files") == (200, {"files": [], "total": 0})


async def test_a_long_list_is_cut_and_counted_whole(ask, make, write, monkeypatch):
    monkeypatch.setattr(files, "MAX_FILES", 3)
    run = make()
    for number in range(5):
        write(run, f"outputs/{number}.txt", b"")
    _, answer = await ask(f"runs/{run.run_id}/files")
    assert ([f["name"] for f in answer["files"]], answer["total"]) == ([f"outputs/{n}.txt" for n in range(3)], 5)


async def test_files_that_a_script_is_writing_are_there_while_it_runs(ask, make, folder, store):
    run = make(owner=living_owner(), status=Status.RUNNING)
    path = paths.code_folder(folder, run.run_id) / "outputs" / "live.txt"
    path.parent.mkdir(parents=True)
    path.write_text("so far")
    _, answer = await ask(f"runs/{run.run_id}/files")
    assert [file["name"] for file in answer["files"]] == ["outputs/live.txt"]
    code, answer = await ask(f"runs/{run.run_id}/files/outputs/live.txt", inline="1")
    assert (code, answer.body) == (200, b"so far")
    # Its launcher was killed: what nobody has collected is not lost.
    store.transition(run.run_id, Status.CANCELED)
    assert (await ask(f"runs/{run.run_id}/files"))[1]["total"] == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes any bytes as a name")
async def test_a_name_that_is_no_text_does_not_break_the_list(ask, make, write):
    run = make()
    write(run, os.fsdecode(b"outputs/\xff.txt"), b"")
    _, answer = await ask(f"runs/{run.run_id}/files")
    assert [file["name"] for file in answer["files"]] == ["outputs/\ufffd.txt"]


# -- contents ------------------------------------------------------------------------------------------------------------


async def test_a_file_is_a_download_by_default(fetch, make, write):
    run = make()
    write(run, "outputs/model.pkl", bytes(range(256)))
    answer = await fetch(f"runs/{run.run_id}/files/outputs/model.pkl")
    assert (answer.code, answer.body) == (200, bytes(range(256)))
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Length"] == "256"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="model.pkl"')


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("plot.png", "image/png"),
        ("plot.JPG", "image/jpeg"),
        ("a.gif", "image/gif"),
        ("a.webp", "image/webp"),
        ("a.txt", "text/plain; charset=utf-8"),
        ("a.csv", "text/plain; charset=utf-8"),
        ("a.json", "text/plain; charset=utf-8"),
        ("a.log", "text/plain; charset=utf-8"),
        ("a.md", "text/plain; charset=utf-8"),
    ],
)
async def test_pictures_and_text_are_shown_on_request(fetch, make, write, name, kind):
    run = make()
    write(run, f"outputs/{name}", b"<script>alert(1)</script>")
    for query, how in (("?inline=1", "inline"), ("", "attachment")):
        answer = await fetch(f"runs/{run.run_id}/files/outputs/{name}{query}")
        assert answer.headers["Content-Type"] == kind
        assert answer.headers["Content-Disposition"].startswith(f"{how};")


@pytest.mark.parametrize(
    "name", ["a.html", "a.HTM", "a.svg", "a.xhtml", "a.xml", "a.js", "png", "a.png.html", "a", "a.pdf", "a.html."]
)
async def test_what_a_browser_could_run_is_never_shown(fetch, make, write, name):
    run = make()
    write(run, f"outputs/{name}", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")
    answer = await fetch(f"runs/{run.run_id}/files/outputs/{name}?inline=1")
    assert answer.code == 200
    if name != "png":
        assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["Content-Type"] in {"text/plain; charset=utf-8", "application/octet-stream", "image/png"}
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Content-Security-Policy"]
    assert policy == "sandbox; default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'"


async def test_an_empty_file_is_empty(fetch, make, write):
    run = make()
    write(run, "outputs/a.txt", b"")
    answer = await fetch(f"runs/{run.run_id}/files/outputs/a.txt")
    assert (answer.code, answer.body, answer.headers["Content-Length"]) == (200, b"", "0")


HARD_NAMES = ["a b.txt", "a%2Fb.txt", "a+b&c=d?e#f.txt", "ż €😀.txt", "'; drop.txt", "-rf.txt", "....txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows takes no such names")
@pytest.mark.parametrize("name", [*HARD_NAMES, 'quote".txt', "line\nbreak.txt", "back\\slash.txt", "<img src=x>.txt"])
async def test_every_name_that_a_file_can_have_leads_to_it(fetch, make, write, name):
    run = make()
    write(run, f"outputs/{name}", name.encode())
    answer = await fetch(f"runs/{run.run_id}/files/outputs/{quote(name, safe='')}?inline=1")
    assert (answer.code, answer.body) == (200, name.encode())
    shown = answer.headers["Content-Disposition"]
    assert "\n" not in shown
    assert quote(name, safe="") in shown


@pytest.mark.parametrize(
    "name",
    [
        "../../runs.db",
        "..%2F..%2Fruns.db",
        "%2e%2e/%2e%2e/runs.db",
        "outputs/..%2F..%2F..%2Fruns.db",
        "%2Fetc%2Fpasswd",
        "/etc/passwd",
        "outputs",
        "outputs/%00",
        "outputs/" + "x" * 3000,
        "nothing.txt",
        "outputs/link.txt",
        "linked/secret.txt",
        ".",
        "~",
    ],
)
async def test_names_that_lead_out_of_the_run_are_not_there(
    jp_base_url, http_server, http_server_port, jp_auth_header, make, write, folder, tmp_path, name
):
    run = make()
    write(run, "outputs/a.txt", b"a")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.txt").write_text("secret")
    (paths.run_folder(folder, run.run_id) / "linked").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (paths.run_folder(folder, run.run_id) / "outputs" / "link.txt").symlink_to(tmp_path / "elsewhere" / "secret.txt")

    def get():
        # Not the usual client, which tidies a path before it asks.
        connection = http.client.HTTPConnection("127.0.0.1", http_server_port[1], timeout=10)
        try:
            connection.request(
                "GET", f"{jp_base_url}jupyter-runs/api/runs/{run.run_id}/files/{name}", headers=jp_auth_header
            )
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    code, body = await asyncio.get_running_loop().run_in_executor(None, get)
    assert code == 404
    assert b"secret\n" not in body
    data = json.loads(body)
    assert data["reason"] in {"ArtifactNotFound", "UnknownRoute"}
    assert "\n" not in data["message"]


async def test_a_file_of_a_run_that_is_not_there_answers_404(ask):
    for path in ("files", "files/a.txt", "job", "source", "source/a.py", "events"):
        code, data = await ask(f"runs/nope/{path}")
        assert (code, data["reason"]) == (404, "RunNotFound"), path


def test_kinds_and_dispositions_cannot_be_talked_into_anything():
    assert content_type("a.svg/b.png") == ("image/png", True)
    assert content_type("a.png/b.svg") == ("text/plain; charset=utf-8", False)
    assert disposition('a/b";\r\nX: y\\%.html', inline=False) == (
        "attachment; filename=\"b_;__X: y__.html\"; filename*=UTF-8''b%22%3B%0D%0AX%3A%20y%5C%25.html"
    )


# -- ranges and caching --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("range_", "code", "body", "where"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=4-", 206, b"456789", "bytes 4-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
        ("bytes=-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=0-", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=0-1,3-4", 200, b"0123456789", None),
        ("bytes=5-2", 200, b"0123456789", None),
        ("lines=0-1", 200, b"0123456789", None),
        ("bytes=-", 200, b"0123456789", None),
        ("bytes=" + "9" * 400 + "-", 200, b"0123456789", None),
        ("bytes=x-y", 200, b"0123456789", None),
    ],
)
async def test_a_range_of_bytes_may_be_asked_for(fetch, make, write, range_, code, body, where):
    run = make()
    write(run, "outputs/a.bin", b"0123456789")
    answer = await fetch(f"runs/{run.run_id}/files/outputs/a.bin", Range=range_)
    assert (answer.code, answer.body, answer.headers.get("Content-Range")) == (code, body, where)
    assert answer.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize("range_", ["bytes=10-", "bytes=10-20", "bytes=-0"])
async def test_a_range_behind_the_end_is_refused_with_the_size(fetch, make, write, range_):
    run = make()
    write(run, "outputs/a.bin", b"0123456789")
    answer = await fetch(f"runs/{run.run_id}/files/outputs/a.bin", Range=range_)
    assert (answer.code, answer.headers["Content-Range"]) == (416, "bytes */10")
    assert "10 bytes" in json.loads(answer.body)["message"]


async def test_a_file_that_the_client_has_is_not_sent_again(fetch, make, write):
    run = make()
    path = write(run, "outputs/a.txt", b"first")
    url = f"runs/{run.run_id}/files/outputs/a.txt"
    first = await fetch(url)
    tag, changed = first.headers["ETag"], first.headers["Last-Modified"]
    for headers in (
        {"If_None_Match": tag},
        {"If_None_Match": f'W/"x", {tag}'},
        {"If_None_Match": "*"},
        {"If_Modified_Since": changed},
    ):
        again = await fetch(url, **headers)
        assert (again.code, again.body) == (304, b"")
    assert (await fetch(url, If_Modified_Since="yesterday")).code == 200
    part = await fetch(url, Range="bytes=0-1", If_Range=tag)
    assert (part.code, part.body) == (206, b"fi")
    path.write_bytes(b"second!")
    assert (await fetch(url, If_None_Match=tag)).body == b"second!"
    whole = await fetch(url, Range="bytes=0-1", If_Range=tag)
    assert (whole.code, whole.body) == (200, b"second!")


async def test_a_large_file_comes_whole_in_pieces_and_never_in_memory(
    jp_base_url, http_server_client, jp_auth_header, make, write, monkeypatch
):
    read = []
    blocking = files.FileHandler._send

    async def counted(self, file, about, name, *, is_inline):
        class Counted:
            seek = file.seek

            @staticmethod
            def read(size):
                read.append(size)
                return file.read(size)

        await blocking(self, Counted, about, name, is_inline=is_inline)

    monkeypatch.setattr(files.FileHandler, "_send", counted)
    run = make()
    size = 40 * files.PIECE + 17
    path = write(run, "outputs/large.bin", b"")
    with path.open("wb") as file:
        file.truncate(size)
        file.seek(size - 3)
        file.write(b"end")
    got = []
    url = f"{jp_base_url}jupyter-runs/api/runs/{run.run_id}/files/outputs/large.bin"
    await http_server_client.fetch(url, headers=jp_auth_header, streaming_callback=got.append)
    data = b"".join(got)
    assert (len(data), data[-3:]) == (size, b"end")
    assert (max(read), len(read)) == (files.PIECE, 41)


async def test_a_file_that_shrinks_while_it_is_sent_ends_the_connection(fetch, make, write, monkeypatch):
    run = make()
    path = write(run, "outputs/a.bin", b"x" * (2 * files.PIECE))
    send = files.FileHandler._send

    async def cut(self, file, about, name, *, is_inline):
        with path.open("r+b") as other:
            other.truncate(10)
        await send(self, file, about, name, is_inline=is_inline)

    monkeypatch.setattr(files.FileHandler, "_send", cut)
    answer = await fetch(f"runs/{run.run_id}/files/outputs/a.bin")
    assert answer is None or answer.code == 599


async def test_a_reader_who_goes_away_leaves_the_server_as_it_was(
    ask, make, write, jp_base_url, http_server, http_server_port, jp_auth_header, monkeypatch, caplog
):
    run = make()
    path = write(run, "outputs/large.bin", b"")
    with path.open("wb") as file:
        file.truncate(1 << 28)
    opened = []
    send = files.FileHandler._send

    async def noted(self, file, about, name, *, is_inline):
        opened.append(file)
        await send(self, file, about, name, is_inline=is_inline)

    monkeypatch.setattr(files.FileHandler, "_send", noted)

    def begin():
        connection = http.client.HTTPConnection("127.0.0.1", http_server_port[1], timeout=10)
        url = f"{jp_base_url}jupyter-runs/api/runs/{run.run_id}/files/outputs/large.bin"
        connection.request("GET", url, headers=jp_auth_header)
        answer = connection.getresponse()
        answer.read(1000)
        answer.close()
        connection.close()

    await asyncio.get_running_loop().run_in_executor(None, begin)
    await until(lambda: opened and opened[0].closed)
    assert (await ask("status"))[0] == 200
    assert not [record for record in caplog.records if record.levelname in {"ERROR", "CRITICAL"} and record.exc_info]


# -- job, source, events -------------------------------------------------------------------------------------------------


async def test_the_job_of_a_run_is_told(ask, make):
    job = {"cell": "%%run_experiment\nprint(1)", "packages": ["numpy==2.1"]}
    assert await ask(f"runs/{make(job=job).run_id}/job") == (200, {"job": job})
    assert await ask(f"runs/{make().run_id}/job") == (200, {"job": None})


@pytest.fixture
def kept(folder, tmp_path):
    """A snapshot with a page, a large file, a link and an empty folder."""
    src = tmp_path / "code"
    (src / "lib" / "empty").mkdir(parents=True)
    (src / "train.py").write_text("print('ż')\n", "utf-8")
    (src / "lib" / "page.html").write_text("<script>alert(1)</script>")
    (src / "data.bin").write_bytes(b"\xff" + b"x" * (1 << 20))
    (src / "link.py").symlink_to("train.py")
    taken = source.take(folder, src)
    assert taken is not None
    return taken.snapshot_id


async def test_the_source_is_that_of_the_snapshot_and_not_of_the_disk(ask, make, kept, tmp_path):
    run = make(properties={provenance.SNAPSHOT: kept})
    (tmp_path / "code" / "train.py").write_text("changed")
    code, answer = await ask(f"runs/{run.run_id}/source")
    assert (code, answer["snapshot_id"]) == (200, kept)
    assert [f["path"] for f in answer["files"]] == ["data.bin", "lib/page.html", "link.py", "train.py"]
    assert answer["files"][3]["size"] == 12
    code, answer = await ask(f"runs/{run.run_id}/source/train.py")
    assert (code, answer.body.decode()) == (200, "print('ż')\n")
    _, answer = await ask(f"runs/{run.run_id}/source/link.py")
    assert answer.body == b"train.py"


async def test_source_is_always_plain_text(ask, make, kept):
    run = make(properties={provenance.SNAPSHOT: kept})
    code, answer = await ask(f"runs/{run.run_id}/source/lib/page.html")
    assert (code, answer.body) == (200, b"<script>alert(1)</script>")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox;")


async def test_a_large_source_file_is_refused_with_the_way_to_get_it(ask, make, kept):
    run = make(properties={provenance.SNAPSHOT: kept})
    code, data = await ask(f"runs/{run.run_id}/source/data.bin")
    assert (code, data["reason"]) == (413, "TooLong")
    assert "restore_snapshot" in data["message"]


async def test_only_names_of_the_snapshot_lead_to_source(ask, fetch, make, kept):
    run = make(properties={provenance.SNAPSHOT: kept})
    for path in ("lib", "lib/empty", "nope.py", "..%2F..%2Fetc%2Fpasswd", "%2Fetc%2Fpasswd", "lib%2F..%2Ftrain.py"):
        answer = await fetch(f"runs/{run.run_id}/source/{path}")
        assert (answer.code, json.loads(answer.body)["reason"]) == (404, "NoSource"), path


async def test_a_run_without_source_says_so(ask, make):
    run = make()
    assert await ask(f"runs/{run.run_id}/source") == (200, {"snapshot_id": None, "files": []})
    code, data = await ask(f"runs/{run.run_id}/source/train.py")
    assert (code, data["reason"]) == (404, "NoSource")


async def test_a_snapshot_or_content_that_is_gone_is_told(ask, make, kept, folder):
    gone = make(properties={provenance.SNAPSHOT: "0" * 32})
    code, data = await ask(f"runs/{gone.run_id}/source")
    assert (code, data["reason"]) == (404, "NoSource")
    run = make(properties={provenance.SNAPSHOT: kept})
    entry = next(e for e in source.manifest(folder, kept) if e.path == "train.py")
    source_blobs.blob(paths.snapshots(folder), entry.sha256).write_text("print('other')")
    code, data = await ask(f"runs/{run.run_id}/source/train.py")
    assert (code, data["reason"]) == (404, "NoSource")
    assert "damaged" in data["message"]


async def test_the_timeline_of_a_run_is_told_in_order(ask, make, store):
    run = make()
    store.edit_tags(run.run_id, {"a": "1"}, by="ada")
    store.transition(run.run_id, Status.CANCELED, by="bob", via="rest")
    _, answer = await ask(f"runs/{run.run_id}/events")
    assert [(e["kind"], e["by"]) for e in answer["events"]] == [("created", "ada"), ("tags", "ada"), ("status", "bob")]
    assert answer["events"][1]["body"] == {"set": {"a": "1"}, "removed": []}
