"""The store in memory forgets what is deleted and what is over."""

from __future__ import annotations

import threading
import time

from aicore.stores import Store
from aikit.stores import MemoryStore


async def test_a_value_is_kept_until_it_is_replaced_or_deleted() -> None:
    store = MemoryStore()
    assert isinstance(store, Store)
    assert await store.get("a") is None
    await store.set("a", b"1")
    await store.set("b", b"2")
    assert (await store.get("a"), await store.get("b")) == (b"1", b"2")
    await store.set("a", b"3")
    assert await store.get("a") == b"3"
    await store.delete("a")
    await store.delete("a")
    assert (await store.get("a"), await store.get("b")) == (None, b"2")


async def test_a_value_is_there_until_its_time_is_over() -> None:
    clock = [100.0]
    store = MemoryStore(lambda: clock[0])
    await store.set("a", b"1", ttl=10)
    clock[0] = 109.9
    assert await store.get("a") == b"1"
    clock[0] = 110
    assert await store.get("a") is None
    assert await store.get("a") is None


async def test_setting_a_value_again_sets_its_time_again() -> None:
    clock = [100.0]
    store = MemoryStore(lambda: clock[0])
    await store.set("a", b"1", ttl=10)
    await store.set("a", b"2")
    clock[0] = 1000
    assert await store.get("a") == b"2"


async def test_values_whose_time_is_over_do_not_pile_up() -> None:
    clock = [0.0]
    store = MemoryStore(lambda: clock[0])
    for number in range(5000):
        clock[0] = number
        await store.set(str(number), b"x", ttl=10)
    assert len(store._items) < 500
    assert await store.get("4999") == b"x"


async def test_without_a_clock_time_is_that_of_the_machine() -> None:
    store = MemoryStore()
    await store.set("a", b"1", ttl=0.02)
    assert await store.get("a") == b"1"
    time.sleep(0.03)
    assert await store.get("a") is None


def test_threads_may_find_the_same_value_over_at_once() -> None:
    store = MemoryStore(lambda: 0.0)
    errors = list[Exception]()
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        for number in range(500):
            for step in (store.set(str(number), b"x", ttl=0), store.get(str(number))):
                try:
                    step.send(None)
                except StopIteration:
                    pass
                except Exception as error:
                    errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
