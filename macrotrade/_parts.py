"""Dataclasses of dataclasses taken apart into what JSON can say and arrays, and put together again by their types."""

from __future__ import annotations

import dataclasses
import types
from typing import Any, TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import numpy as np

from macrotrade._typing import AnyArray

__all__ = ["Arrays", "put_together", "taken_apart"]

Arrays: TypeAlias = dict[str, AnyArray]
"""Arrays by the name that stands in their place."""

_Kind = TypeVar("_Kind")


def taken_apart(value: Any, arrays: Arrays) -> Any:
    """What JSON can say of `value`; its arrays are put into `arrays`, an array met twice only once."""
    if dataclasses.is_dataclass(value):
        return {each.name: taken_apart(getattr(value, each.name), arrays) for each in dataclasses.fields(value)}
    if isinstance(value, np.ndarray):
        for name, known in arrays.items():
            if known is value:
                return name
        name = f"array_{len(arrays)}"
        arrays[name] = value
        return name
    if isinstance(value, tuple):
        return [taken_apart(each, arrays) for each in value]
    if isinstance(value, dict):
        return {str(key): taken_apart(each, arrays) for key, each in value.items()}
    return value.item() if isinstance(value, np.generic) else value


def put_together(kind: type[_Kind], value: Any, arrays: Arrays) -> _Kind:
    """The value of type `kind` that :func:`taken_apart` took apart.

    Raises
    ------
    KeyError, TypeError
        If it is none of that type as it is now.
    """
    return cast(_Kind, _built(kind, value, arrays))


def _built(kind: Any, value: Any, arrays: Arrays) -> Any:
    origin, parts = get_origin(kind), get_args(kind)
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        given = {name: _built(hints[name], part, arrays) for name, part in value.items()}
        return kind(**given)  # type: ignore[operator]
    if origin in {Union, types.UnionType}:
        return None if value is None else _built(_kind_of(value, parts), value, arrays)
    if origin is tuple:
        kinds = parts if len(parts) == 2 and parts[1] is not Ellipsis else (parts[0],) * len(value)
        return tuple(_built(one, each, arrays) for one, each in zip(kinds, value, strict=True))
    if origin is dict:
        return {parts[0](key): _built(parts[1], each, arrays) for key, each in value.items()}
    if isinstance(kind, types.GenericAlias) and origin is np.ndarray:
        return arrays[value]
    return value


def _kind_of(value: Any, kinds: tuple[Any, ...]) -> Any:
    """The dataclass whose fields `value` has; the first kind where it is no table."""
    given = [kind for kind in kinds if kind is not type(None)]
    if not isinstance(value, dict):
        return given[0]
    return next(
        kind
        for kind in given
        if not dataclasses.is_dataclass(kind) or {each.name for each in dataclasses.fields(kind)} == set(value)
    )
