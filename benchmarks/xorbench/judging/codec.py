"""The text in which an answer passes from the process of an implementation to the judge: JSON, exact to the last bit.

A dataclass is an object of its fields, an array a document of its dtype, its shape and its bytes, and a float a
hexadecimal text, so that NaN, infinities and -0.0 pass. What is received is validated as the type that is expected.
Pydantic is imported for that alone, because an environment in which only answers are written need not have it.
"""

import binascii
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from xorbench.line import LONGEST_MESSAGE
from xorbench.record.parts import MaxLen, Natural, Part
from xorbench.workloads import Array
from xorbench.workloads.workload import Dtype

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, TypeAdapter
    from pydantic_core import CoreSchema

A = TypeVar("A")

BYTES_OF_A_NUMBER = 11
"""The most bytes of one number of an array: base64 turns three bytes into four."""


def longest_message(numbers: int) -> int:
    """Return the most bytes of a message with an answer of that many numbers, and with texts beside them."""
    return LONGEST_MESSAGE + BYTES_OF_A_NUMBER * numbers


def encoded(answer: object, numbers: int) -> str:
    """Return the JSON text of an answer, which must fit into a message of that many numbers.

    Raises ValueError where it does not, and TypeError for what `as_json` does not know.
    """
    text = json.dumps(as_json(answer))
    if len(text) > (most := longest_message(numbers) - LONGEST_MESSAGE // 2):
        raise ValueError(f"its answer has {len(text):,} bytes, expected at most {most:,}")
    return text


def as_json(value: object) -> object:
    """Return what JSON can represent in place of dataclasses, arrays, floats, and sequences and mappings of these.

    Raises TypeError for other things, and for arrays of other dtypes than float32 and float64.
    """
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()  # a text of an exception may have lone surrogates
    if isinstance(value, float):
        return value.hex()
    if isinstance(value, np.ndarray):
        return as_json(_written(value))
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: as_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {as_json(key): as_json(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [as_json(item) for item in value]
    raise TypeError(f"{type(value).__name__} can't be sent to the judge")


def decoded(kind: type[A], text: bytes | str) -> A:
    """Return the answer of the type `kind` that the JSON `text` holds.

    Raises ValueError, in one line, if it holds anything else.
    """
    from pydantic import TypeAdapter

    from xorbench.messages import validated

    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    found: A = validated(_ADAPTERS[kind], text)
    return found


_ADAPTERS: "dict[object, TypeAdapter[Any]]" = {}


@dataclass(frozen=True)
class _Written(Part):
    """An array as it is sent: `data` is the base64 text of its little-endian bytes, row by row."""

    dtype: Literal["float32", "float64"]
    shape: Annotated[list[Natural], MaxLen(64)]
    data: str


def _written(array: NDArray[np.generic]) -> _Written:
    for name in _DTYPES:
        if array.dtype == name:
            data = binascii.b2a_base64(array.astype(_DTYPES[name]).tobytes(), newline=False)
            return _Written(name, list(array.shape), data.decode())
    raise TypeError(f"an array of {array.dtype} can't be sent to the judge, expected float32 or float64")


_DTYPES: dict[Dtype, str] = {"float32": "<f4", "float64": "<f8"}


def _read(written: _Written) -> Array:
    data = binascii.a2b_base64(written.data, strict_mode=True)
    dtype = np.dtype(_DTYPES[written.dtype])
    if len(data) != (expected := math.prod(written.shape) * dtype.itemsize):
        raise ValueError(f"an array of shape {written.shape} has {len(data):,} bytes, expected {expected:,}")
    found: Array = np.frombuffer(data, dtype).astype(written.dtype, copy=False).reshape(written.shape)
    return found


def exact_array(text: bytes | str) -> Array:
    """Return the array that the JSON `text` holds; it can't be written to. Raises ValueError, in one line."""
    return _read(decoded(_Written, text))


def exact_float(text: str) -> float:
    """Return the number of a hexadecimal text, which may be NaN or infinite. Raises ValueError for another text."""
    try:
        return float.fromhex(text)
    except (OverflowError, ValueError):
        raise ValueError("a text that is no hexadecimal number") from None


class _Received:
    """The annotation of a field that pydantic reads as another type, the one in which it is sent, and then converts."""

    def __init__(self, sent: type[object], convert: Callable[..., object]) -> None:
        self._sent = sent
        self._convert = convert

    def __get_pydantic_core_schema__(self, _kind: object, handler: "GetCoreSchemaHandler") -> "CoreSchema":
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(self._convert, handler.generate_schema(self._sent))


ExactArray = Annotated[Array, _Received(_Written, _read)]
"""An array of float32 or float64 in an answer; every bit of it passes."""

ExactFloat = Annotated[float, _Received(str, exact_float)]
"""A number in an answer that may be NaN or infinite."""


def must_be(what: str, array: Array, shape: tuple[int, ...], dtype: Dtype) -> None:
    """Raise ValueError, in one line, if a received array does not have the shape and dtype that were asked for."""
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{what}: an array of {array.dtype}, {array.shape}, expected {dtype}, {shape}")
