"""Ranges of a log: whole characters, no loss, nothing that a browser could take for a page."""

from __future__ import annotations

from serving import write_log

from jupyter_runs.model import Status


def _headers(answer):
    return tuple(int(answer.headers[f"X-Log-{name}"]) for name in ("Offset", "Next", "Size"))


async def test_a_log_is_plain_text_that_no_browser_may_reinterpret(ask, make, folder):
    run = make()
    write_log(folder, run.run_id, b"<script>alert(1)</script>\n")
    code, answer = await ask(f"runs/{run.run_id}/log")
    assert code == 200
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.body == b"<script>alert(1)</script>\n"
    assert _headers(answer) == (0, 26, 26)


async def test_a_run_without_a_log_has_an_empty_one(ask, make):
    code, answer = await ask(f"runs/{make().run_id}/log")
    assert (code, answer.body, _headers(answer)) == (200, b"", (0, 0, 0))


async def test_the_end_of_a_log_is_the_default(ask, make, folder):
    run = make()
    write_log(folder, run.run_id, b"x" * 100_000 + b"end")
    _, answer = await ask(f"runs/{run.run_id}/log")
    assert len(answer.body) == 65_536
    assert answer.body.endswith(b"xend")
    assert _headers(answer) == (100_003 - 65_536, 100_003, 100_003)


async def test_a_log_is_followed_by_offset_without_loss(ask, make, folder):
    run = make()
    text = "zażółć 😀 日本\r\n" * 50
    write_log(folder, run.run_id, text.encode())
    got, offset = "", 0
    while True:
        _, answer = await ask(f"runs/{run.run_id}/log", offset=offset, limit=7)
        _, offset, size = _headers(answer)
        got += answer.body.decode()
        if offset == size:
            break
    assert got == text


async def test_half_a_character_is_left_until_the_rest_is_written(ask, make, folder):
    run = make()
    euro = "€".encode()
    write_log(folder, run.run_id, b"ab" + euro[:2])
    _, answer = await ask(f"runs/{run.run_id}/log", offset=0)
    assert (answer.body, _headers(answer)) == (b"ab", (0, 2, 4))
    write_log(folder, run.run_id, b"ab" + euro)
    _, answer = await ask(f"runs/{run.run_id}/log", offset=2)
    assert (answer.body, _headers(answer)) == (euro, (2, 5, 5))


async def test_half_a_character_at_the_end_of_a_finished_run_is_replaced(ask, make, folder, store):
    run = make()
    store.transition(run.run_id, Status.CANCELED)
    write_log(folder, run.run_id, b"ab\xe2\x82")
    _, answer = await ask(f"runs/{run.run_id}/log", offset=0)
    assert (answer.body.decode(), _headers(answer)) == ("ab�", (0, 4, 4))


async def test_a_range_from_the_end_begins_with_a_whole_character(ask, make, folder):
    run = make()
    write_log(folder, run.run_id, "a€b".encode())
    _, answer = await ask(f"runs/{run.run_id}/log", offset=-2)
    assert (answer.body, _headers(answer)) == (b"b", (4, 5, 5))


async def test_an_offset_beyond_the_log_is_its_end(ask, make, folder):
    run = make()
    write_log(folder, run.run_id, b"abc")
    _, answer = await ask(f"runs/{run.run_id}/log", offset=99)
    assert (answer.body, _headers(answer)) == (b"", (3, 3, 3))


async def test_bytes_that_are_no_text_are_replaced(ask, make, folder):
    run = make()
    write_log(folder, run.run_id, b"\xff\xfeok")
    _, answer = await ask(f"runs/{run.run_id}/log", offset=0)
    assert answer.body.decode() == "��ok"
