"""Our threads are told from those of steps."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from jupyter_pipes.system.threads import is_own_thread, own_pool


def test_only_threads_of_our_pools_are_ours() -> None:
    with own_pool(1) as ours, ThreadPoolExecutor(1) as others:
        assert ours.submit(is_own_thread).result()
        assert not others.submit(is_own_thread).result()
    assert not is_own_thread()
