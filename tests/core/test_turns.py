"""Modes as decorators of functions that pause, and shared by threads and tasks."""

from __future__ import annotations

import asyncio
import inspect
import threading

import pytest

import autograd as ag

MODES = [ag.no_grad, ag.inference_mode, lambda: ag.set_grad_enabled(False)]


@pytest.mark.parametrize("mode", MODES, ids=["no_grad", "inference_mode", "set_grad_enabled"])
def test_each_turn_of_a_generator_runs_inside_and_each_pause_outside(mode):
    @mode()
    def numbers():
        for _ in range(3):
            yield ag.is_grad_enabled()

    assert inspect.isgeneratorfunction(numbers)
    for inside in numbers():
        assert inside is False
        assert ag.is_grad_enabled()
    assert ag.is_grad_enabled()


def test_a_generator_is_sent_to_thrown_at_closed_and_returns():
    seen = []

    @ag.no_grad()
    def echo():
        got = yield "ready"
        try:
            yield got
        except KeyError:
            seen.append(("thrown", ag.is_grad_enabled()))
        try:
            yield "last"
        finally:
            seen.append(("closed", ag.is_grad_enabled()))
        return "done"

    generator = echo()
    assert next(generator) == "ready"
    assert generator.send(5) == 5
    assert generator.throw(KeyError()) == "last"
    generator.close()
    assert seen == [("thrown", False), ("closed", False)]
    assert ag.is_grad_enabled()

    def outer():
        found = yield from echo()
        seen.append(found)

    for _ in outer():
        pass
    assert seen[-1] == "done"


def test_an_error_inside_a_generator_restores_the_mode():
    @ag.no_grad()
    def failing():
        yield 1
        raise ZeroDivisionError

    generator = failing()
    next(generator)
    with pytest.raises(ZeroDivisionError):
        next(generator)
    assert ag.is_grad_enabled()


def test_a_generator_that_is_shared_out_between_blocks_keeps_its_own_mode():
    @ag.enable_grad()
    def numbers():
        while True:
            yield ag.is_grad_enabled()

    generator = numbers()
    assert next(generator)
    with ag.no_grad():
        assert next(generator)
        assert not ag.is_grad_enabled()


def test_coroutines_and_asynchronous_generators():
    @ag.no_grad()
    async def inside():
        await asyncio.sleep(0)
        return ag.is_grad_enabled()

    @ag.no_grad()
    async def numbers():
        try:
            yield ag.is_grad_enabled()
            await asyncio.sleep(0)
            yield ag.is_grad_enabled()
        except KeyError:
            yield ("caught", ag.is_grad_enabled())

    async def main():
        assert await asyncio.gather(inside(), inside()) == [False, False]
        async for found in numbers():
            assert found is False
            assert ag.is_grad_enabled()
        generator = numbers()
        assert await anext(generator) is False
        assert await generator.athrow(KeyError()) == ("caught", False)
        await generator.aclose()
        assert ag.is_grad_enabled()

    asyncio.run(main())


def test_one_object_serves_threads_and_tasks_at_once():
    shared, failures = ag.no_grad(), []
    barrier = threading.Barrier(4)

    def work():
        try:
            for _ in range(50):
                barrier.wait()
                with shared:
                    barrier.wait()
                    assert not ag.is_grad_enabled()
                assert ag.is_grad_enabled()
        except BaseException as error:
            failures.append(error)
            barrier.abort()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures

    async def task():
        with shared:
            await asyncio.sleep(0)
            return ag.is_grad_enabled()

    async def main():
        assert await asyncio.gather(*(task() for _ in range(5))) == [False] * 5

    asyncio.run(main())
    assert ag.is_grad_enabled()


def test_blocks_that_end_in_another_order_end_in_the_mode_of_the_start():
    def paused():
        with ag.no_grad():
            yield

    generator = paused()
    next(generator)
    with ag.enable_grad():
        generator.close()
    assert ag.is_grad_enabled()


def test_a_bare_set_grad_enabled_holds_as_in_pytorch():
    with ag.enable_grad():
        ag.set_grad_enabled(False)
        assert not ag.is_grad_enabled()
        ag.set_grad_enabled(True)
        assert ag.is_grad_enabled()
        ag.set_grad_enabled(False)
    assert ag.is_grad_enabled()
    switched = ag.set_grad_enabled(False)
    with switched:
        assert not ag.is_grad_enabled()
    assert ag.is_grad_enabled()

    @ag.set_grad_enabled(False)
    def decorated():
        return ag.is_grad_enabled()

    assert ag.is_grad_enabled()
    assert decorated() is False


def test_decorators_without_parentheses():
    @ag.no_grad
    def function():
        return ag.is_grad_enabled()

    @ag.inference_mode
    def other():
        return ag.is_grad_enabled()

    @ag.enable_grad
    def recording():
        return ag.is_grad_enabled()

    assert function() is other() is False
    with ag.no_grad():
        assert recording()
    with ag.inference_mode(False):
        assert ag.is_grad_enabled()
