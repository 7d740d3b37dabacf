"""While what stays is made nothing is freed by looking for it; afterwards it is as it was before."""

from __future__ import annotations

import gc

import pytest

from jupyter_pipes.system.loading import loading, making_what_stays


@pytest.fixture(autouse=True)
def _as_before() -> object:
    yield
    gc.unfreeze()
    gc.enable()


def test_garbage_is_not_looked_for_while_a_program_loads() -> None:
    with loading():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_is_looked_for_again_behind_an_error() -> None:
    with pytest.raises(KeyError), loading():
        raise KeyError
    assert gc.isenabled()


def test_who_has_switched_it_off_finds_it_so_again() -> None:
    gc.disable()
    with loading():
        pass
    assert not gc.isenabled()


def test_what_is_made_meanwhile_is_looked_at_afterwards() -> None:
    """Unlike what a program loads: it is not set aside for good."""
    before = gc.get_freeze_count()
    with making_what_stays():
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() == before
