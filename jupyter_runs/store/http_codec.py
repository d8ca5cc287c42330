"""Calls of a `Store` as JSON: made from the type hints of `base.py` and the dataclasses of `model.py`, so that neither is written twice.

Both ends are Python: NaN and infinities are written as Python's json writes them. A point is a list, as there are many of them; any
other dataclass is an object of its fields. What has its default value is left out.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import types
import typing
from collections import abc
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Union

from jupyter_runs import errors, model, search, search_tree
from jupyter_runs.store import base

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Names in annotations that the modules import for type checkers only.
_NAMES: dict[str, Any] = {**vars(abc), **vars(typing), **vars(model), **vars(search_tree), **vars(search), **vars(base)}
#: `base.ANY` as a value of `RunFilter.tags`; no text can look so.
_ANY = {"any": True}
_PLAIN = (str, int, float, bool, type(None))

_READS = (
    "get_run get_runs find_runs find_ids suggest sections columns aggregate experiments experiment stops_asked job series events "
    "binned property_values ended_before unfinished_owners models cursor changes"
)
_WRITES = (
    "create_runs ensure_experiment transition end_descendants request_cancel hand_over claim note_error append update_run edit_tags "
    "add_properties set_archived delete_run restore_run erase sweep compact edit_experiment_tags archive_experiment "
    "reactivate_experiment delete_experiment heartbeat end_owned add_model edit_model delete_model"
)
_JOURNALED = "append update_run edit_tags add_properties note_error transition end_descendants request_cancel"
#: Methods that only read, and those that write. What takes a function is not among them: it is done where the store is.
READS, WRITES = frozenset(_READS.split()), frozenset(_WRITES.split())
#: What a run's writer says of it; through its journal where the server cannot be reached at once.
JOURNALED = frozenset(_JOURNALED.split())


class Undecodable(errors.JupyterRunsError, ValueError):
    """This is not what the method takes."""

    http_status = 400


@dataclasses.dataclass(frozen=True)
class Method:
    """How one method is called over the wire."""

    signature: inspect.Signature
    takes: Mapping[str, Any]
    gives: Any

    def arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """The arguments of a call by name; TypeError as the method itself."""
        bound = self.signature.bind(None, *args, **kwargs).arguments
        return {name: encode(value) for name, value in bound.items() if name != "self"}

    def decode_arguments(self, data: object) -> dict[str, Any]:
        """What `arguments` gave, on the other side; raises `Undecodable`."""
        if not isinstance(data, dict) or not data.keys() <= self.takes.keys():
            raise Undecodable(f"Arguments are {sorted(self.takes)} by name, not {errors.show(data)}.")
        found = {name: decode(self.takes[name], value) for name, value in data.items()}
        try:
            self.signature.bind(None, **found)
        except TypeError as error:
            raise Undecodable(f"{error}.") from None
        return found

    def decode_some(self, data: object) -> dict[str, Any]:
        """As `decode_arguments`, of a call whose run is told elsewhere."""
        given = data if isinstance(data, dict) else {}
        found = self.decode_arguments({**given, "run_id": ""})
        del found["run_id"]
        return found


@lru_cache(maxsize=128)
def method(name: str) -> Method:
    """How `Store.name` is called."""
    function = getattr(base.Store, name)
    hints = typing.get_type_hints(function, _NAMES)
    gives = hints.pop("return", Any)
    return Method(inspect.signature(function), hints, gives)


def encode(value: Any) -> Any:
    """A value as `json` takes it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, _PLAIN):
        return value
    if value is base.ANY:
        return _ANY
    if dataclasses.is_dataclass(value):
        return _encode_record(value)
    if isinstance(value, abc.Mapping):
        return {str(key): encode(one) for key, one in value.items()}
    if not isinstance(value, abc.Iterable):
        raise Undecodable(f"A {type(value).__name__} cannot be sent to a server. Use text or a number.")
    return [encode(one) for one in value]


def _encode_record(record: Any) -> Any:
    if isinstance(record, model.Point):
        return [record.name, record.kind, record.value, record.step, record.at]
    return {
        field.name: encode(value)
        for field in dataclasses.fields(record)
        if not _is_default(field, value := getattr(record, field.name))
    }


def _is_default(field: dataclasses.Field[Any], value: Any) -> bool:
    if field.default_factory is not dataclasses.MISSING:
        return bool(not value)
    return field.default is not dataclasses.MISSING and value is field.default


def decode(hint: Any, data: Any) -> Any:
    """What `encode` was given, by its type; raises `Undecodable`."""
    try:
        return _decoder(hint)(data)
    except Undecodable:
        raise
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise Undecodable(f"{errors.show(data)} is not what is expected there ({error}).") from None


@lru_cache(maxsize=256)
def _decoder(hint: Any) -> Callable[[Any], Any]:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is not None:
        return _generic(origin, args)
    if hint in {Any, object}:
        return lambda data: base.ANY if data == _ANY else data
    if hint is model.Point:
        return _point
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _dataclass(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    kind: Any = {float: (int, float), None: types.NoneType}.get(hint, hint)
    return lambda data: _checked(kind, data)


def _generic(origin: Any, args: tuple[Any, ...]) -> Callable[[Any], Any]:
    if origin in {Union, types.UnionType}:
        return _union(args)
    if origin is tuple:
        return _tuple(args)
    if origin in {dict, abc.Mapping}:
        one = _decoder(args[1])
        return lambda data: {_checked(str, key): one(value) for key, value in _checked(dict, data).items()}
    return _collection(origin, _decoder(args[0]))


def _checked(kind: Any, data: Any) -> Any:
    if not isinstance(data, kind) or (isinstance(data, bool) and kind not in {bool, object}):
        raise TypeError(f"not {getattr(kind, '__name__', 'a number')}")
    return data


def _union(args: tuple[Any, ...]) -> Callable[[Any], Any]:
    parts = [(arg, _decoder(arg)) for arg in args if arg is not types.NoneType]
    can_be_none = len(parts) < len(args)

    def union(data: Any) -> Any:
        if data is None and can_be_none:
            return None
        # Of several dataclasses (a term or a group) the one whose fields they are.
        for _, one in parts[:-1]:
            try:
                return one(data)
            except (TypeError, ValueError, KeyError, Undecodable):
                continue
        return parts[-1][1](data)

    return union


def _tuple(args: tuple[Any, ...]) -> Callable[[Any], Any]:
    if args[-1] is Ellipsis:
        one = _decoder(args[0])
        return lambda data: tuple(one(value) for value in _checked(list, data))
    each = [_decoder(arg) for arg in args]
    return lambda data: tuple(one(value) for one, value in zip(each, _checked(list, data), strict=True))


def _collection(origin: Any, one: Callable[[Any], Any]) -> Callable[[Any], Any]:
    make: Any = origin if origin in {list, frozenset, set} else list
    return lambda data: make([one(value) for value in _checked(list, data)])


def _point(data: Any) -> model.Point:
    name, kind, value, step, at = data
    _checked(str, name), _checked(str, kind), _checked((int, float), at)
    if step is not None:
        _checked((int, float), step)
    return model.Point(name, kind, value, step, at)


@lru_cache(maxsize=64)
def _fields(kind: type) -> dict[str, Any]:
    """Hints by field. Not resolved before a value needs them: a group holds groups."""
    return typing.get_type_hints(kind, _NAMES)


def _dataclass(kind: Any) -> Callable[[Any], Any]:
    def record(data: Any) -> Any:
        fields = _fields(kind)
        return kind(**{name: _decoder(fields[name])(value) for name, value in _checked(dict, data).items()})

    return record


# -- errors ----------------------------------------------------------------------------------------------------------------

#: Ours by name, and the one of Python's that a store raises.
ERRORS: dict[str, type[Exception]] = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.JupyterRunsError)
} | {"ValueError": ValueError}


def encode_error(error: BaseException) -> dict[str, Any]:
    """An error as the other side raises it again."""
    facts = {name: value for name, value in vars(error).items() if isinstance(value, _PLAIN)}
    return {"reason": type(error).__name__, "message": str(error), "facts": facts}


def decode_error(data: Mapping[str, Any]) -> Exception | None:
    """What `encode_error` was given; None for an error that is not of a store."""
    kind = ERRORS.get(data.get("reason", ""))
    if kind is None:
        return None
    error = kind.__new__(kind)
    Exception.__init__(error, str(data.get("message", "")))
    facts = data.get("facts")
    vars(error).update(facts if isinstance(facts, dict) else {})
    return error


def dumps(value: Any) -> bytes:
    """One line of JSON, as bytes without line ends."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")
