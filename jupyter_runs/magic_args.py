"""Arguments of the magics: split, parse, and say in one line what is wrong."""

from __future__ import annotations

import argparse
import ast
import keyword
import os
import re
import shlex
from pathlib import PurePath
from typing import Any, NoReturn

from IPython.core.error import UsageError


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message[:1].upper()}{message[1:]}. See {self.prog} --help.")

    def exit(self, _status: int = 0, message: str | None = None) -> NoReturn:
        raise UsageError(message or self.format_usage())


def _start_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", help="what to call the run")
    parser.add_argument("-t", "--tag", action="append", default=[], metavar="KEY[=VALUE]", help="tag, may be repeated")
    parser.add_argument(
        "--prop", action="append", default=[], metavar="KEY=VALUE", help="property, never changes, may be repeated"
    )
    parser.add_argument(
        "-p",
        "--param",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="parameter: recorded, and a variable in the cell; may be repeated",
    )
    parser.add_argument("--desc", help="description")
    parser.add_argument(
        "--parent", metavar="last|none|ID", help="run to be a child of; default: the active run, if any"
    )
    parser.add_argument(
        "--panel", choices=["full", "mini", "none"], help="what to show; default: %%config RunsMagics.panel"
    )
    parser.add_argument(
        "--var", default="run", metavar="NAME", type=_identifier, help="variable for the run, default: run"
    )


def _identifier(text: str) -> str:
    if not text.isidentifier() or keyword.iskeyword(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no variable name")
    return text


def _parsers() -> dict[str, _Parser]:
    def parser(prog: str, text: str) -> _Parser:
        return _Parser(prog=prog, description=text, allow_abbrev=False)

    start = parser("%%run_experiment", "Run this cell as a logged run. The body sees it as `run`.")
    start.add_argument("experiment", nargs="?", help="experiment, default: the notebook's name")
    _start_options(start)
    child = parser("%%child_run", "Run this cell as a child of the active run or of the last one.")
    child.add_argument("name_", nargs="?", metavar="NAME", help="what to call the run")
    _start_options(child)
    tag = parser("%run_tag", "Tag a run.")
    tag.add_argument("tags", nargs="+", metavar="KEY[=VALUE]")
    tag.add_argument("--id", help="id, beginning of one, #number or last; default: the active run or the last one")
    tag.add_argument("--remove", action="store_true", help="remove these keys instead")
    cancel = parser("%run_cancel", "Cancel a run, of this kernel or another.")
    which = cancel.add_mutually_exclusive_group()
    which.add_argument("id", nargs="?", help="id, beginning of one, #number or last")
    which.add_argument("--all", action="store_true", help="every active run")
    panel = parser("%run_panel", "Show the panel of a run.")
    panel.add_argument("id", nargs="?", help="id, beginning of one, #number or last")
    panel.add_argument("--panel", choices=["full", "mini"], default="full")
    return {"run_experiment": start, "child_run": child, "run_tag": tag, "run_cancel": cancel, "run_panel": panel}


def parse(magic: str, line: str) -> argparse.Namespace | None:
    """The arguments of a magic line; None when help was asked for and printed. Raises `UsageError`."""
    parser = _parsers()[magic]
    words = split(line)
    if "--help" in words or "-h" in words:
        print(parser.format_help())
        return None
    args = parser.parse_args(words)
    if magic == "child_run":
        args.name, args.experiment = args.name or args.name_, None
    return args


def split(line: str) -> list[str]:
    """Words as a shell splits them, except that a backslash is a backslash (Windows paths)."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters, lexer.escape = True, "", ""
    try:
        return list(lexer)
    except ValueError:
        raise UsageError(f"A quote is never closed in: {line.strip()}. Add the closing quote.") from None


def pairs(what: str, items: list[str], *, need_value: bool = False) -> dict[str, Any]:
    """KEY=VALUE items as a dict; KEY alone is None unless a value is needed."""
    found: dict[str, Any] = {}
    for item in items:
        key, equals, value = item.partition("=")
        if not key or (need_value and not equals):
            form = "KEY=VALUE" if need_value else "KEY or KEY=VALUE"
            raise UsageError(
                f"The {what} {item!r} is not of the form {form}: write e.g. lr=0.1, with quotes around blanks."
            )
        found[key] = value if equals else None
    return found


def variables(params: dict[str, str]) -> dict[str, Any]:
    """Parameters as Python values: 0.1 is a float, True a bool, [1, 2] a list, everything else text."""
    values: dict[str, Any] = {}
    for key, text in params.items():
        if not key.isidentifier() or keyword.iskeyword(key):
            raise UsageError(f"The parameter {key!r} is no variable name: use letters, digits and '_'.")
        try:
            values[key] = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            values[key] = text
    return values


def default_experiment() -> str:
    """The notebook's name, made to fit the rule of experiment names; `default` where it is not known."""
    stem = PurePath(os.environ.get("JPY_SESSION_NAME", "")).stem
    return re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-_")[:255] or "default"
