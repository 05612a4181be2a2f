import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.simulate import chance


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=50))
def test_a_draw_depends_on_its_own_key_alone(persons: list[int]) -> None:
    """Whoever else is drawn for, a person's draw is the same."""
    start = chance.root(1, "test")
    together = chance.shares(chance.keyed(start, np.array(persons)), "draw")

    alone = [chance.shares(chance.keyed(start, np.array([n])), "draw")[0] for n in persons]

    assert together.tolist() == alone


def test_draws_are_spread_evenly() -> None:
    """Of many draws each tenth holds a tenth, and two purposes do not go together."""
    keys = chance.keyed(chance.root(1, "test"), np.arange(200_000))

    first, second = chance.shares(keys, "first"), chance.shares(keys, "second")

    tenths = np.bincount((first * 10).astype(int), minlength=10) / len(first)
    assert abs(tenths - 0.1).max() < 0.003
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.01


def test_another_seed_draws_otherwise() -> None:
    """Two seeds share no draw."""
    person = np.arange(1000)

    draws = [chance.keyed(chance.root(seed, "test"), person) for seed in (1, 2)]

    assert not set(draws[0].tolist()) & set(draws[1].tolist())


def test_hexadecimal_digits_keep_every_bit() -> None:
    """Leading zeros stay, and each half fills sixteen digits."""
    halves = (np.array([0, 255], dtype=np.uint64), np.array([1, 2**64 - 1], dtype=np.uint64))

    text = chance.hexed(*halves).to_list()

    assert text == ["0" * 31 + "1", "0" * 14 + "ff" + "f" * 16]
