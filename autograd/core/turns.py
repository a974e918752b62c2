"""Functions that pause: each turn of a generator runs inside a context, its pauses outside.

A ``with`` block around the call of a generator function covers its creation only; one
around a ``yield`` would leak out to whoever iterates.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

Enter = Callable[[], AbstractContextManager[Any]]


def wrapper(function: Any) -> Callable[[Enter, Any], Any]:
    """What wraps this kind of function, given it and what each of its turns shall enter."""
    if inspect.isgeneratorfunction(function):
        return _generator
    if inspect.isasyncgenfunction(function):
        return _asynchronous_generator
    return _coroutine if inspect.iscoroutinefunction(function) else _plain


def _plain(enter: Enter, function: Any) -> Any:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        with enter():
            return function(*args, **kwargs)

    return call


def _coroutine(enter: Enter, function: Any) -> Any:
    @functools.wraps(function)
    async def call(*args: Any, **kwargs: Any) -> Any:
        with enter():
            return await function(*args, **kwargs)

    return call


def _generator(enter: Enter, function: Any) -> Any:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        with enter():
            generator = function(*args, **kwargs)
        turn, given = generator.send, None
        while True:
            try:
                with enter():
                    out = turn(given)
            except StopIteration as end:
                return end.value
            try:
                turn, given = generator.send, (yield out)
            except GeneratorExit:
                with enter():
                    generator.close()
                raise
            except BaseException as error:
                turn, given = generator.throw, error

    return call


def _asynchronous_generator(enter: Enter, function: Any) -> Any:
    @functools.wraps(function)
    async def call(*args: Any, **kwargs: Any) -> Any:
        with enter():
            generator = function(*args, **kwargs)
        turn, given = generator.asend, None
        while True:
            try:
                with enter():
                    out = await turn(given)
            except StopAsyncIteration:
                return
            try:
                turn, given = generator.asend, (yield out)
            except GeneratorExit:
                with enter():
                    await generator.aclose()
                raise
            except BaseException as error:
                turn, given = generator.athrow, error

    return call
