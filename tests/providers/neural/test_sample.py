"""Scaling maps the sample to [-1, 1] and back, and rows are taken with their outcomes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from macrotrade.providers.neural.sample import Sample, Scaling

TABLES = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, max_side=8),
    elements=st.floats(-1e6, 1e6, width=32).filter(lambda value: value == 0.0 or abs(value) > 1e-6),
)


@given(TABLES)
def test_what_is_seen_in_sample_spans_minus_one_to_one(values: np.ndarray) -> None:
    scaled = Scaling.of(values).scaled(values)

    moved = values.max(axis=0) > values.min(axis=0)
    assert scaled.dtype == np.float32
    np.testing.assert_array_equal(scaled.min(axis=0), np.where(moved, -1.0, 0.0))
    np.testing.assert_array_equal(scaled.max(axis=0), np.where(moved, 1.0, 0.0))


@given(TABLES)
def test_scaling_is_undone(values: np.ndarray) -> None:
    scaling = Scaling.of(values)

    back = scaling.reported(scaling.scaled(values))

    assert (np.abs(back - values) <= 1e-6 * (scaling.greatest - scaling.least) + 1e-9).all()


def test_a_column_that_never_moved_is_zero_whatever_comes_later() -> None:
    scaling = Scaling.of(np.full((4, 1), 7.0))

    np.testing.assert_array_equal(scaling.scaled(np.full((2, 1), 7.0)), np.zeros((2, 1)))
    np.testing.assert_array_equal(scaling.reported(np.zeros((2, 1))), np.full((2, 1), 7.0))


def test_later_numbers_may_lie_outside_and_are_not_cut() -> None:
    scaling = Scaling.of(np.array([[0.0], [10.0]]))

    np.testing.assert_allclose(scaling.scaled(np.array([[20.0], [-5.0]])), [[3.0], [-2.0]])
    np.testing.assert_allclose(scaling.reported(np.array([[3.0]])), [[20.0]])


def test_half_the_range_is_the_unit_of_scaled_numbers() -> None:
    scaling = Scaling.of(np.array([[2.0], [10.0]]))

    np.testing.assert_array_equal(scaling.reported(np.array([[1.0]])) - scaling.reported(np.array([[0.0]])), [[4.0]])
    np.testing.assert_array_equal(scaling.half_range, [4.0])


def test_rows_are_taken_by_place_or_by_mask_with_their_outcomes() -> None:
    table = np.zeros((9, 2), np.float32)
    sample = Sample(table, table, np.arange(4, 9), np.arange(5, dtype=np.float32))

    by_place, by_mask = sample.rows(np.array([1, 3])), sample.rows(sample.outcome % 2 == 1)

    assert by_place.n_rows == 2
    for chosen in (by_place, by_mask):
        np.testing.assert_array_equal(chosen.ends, [5, 7])
        np.testing.assert_array_equal(chosen.outcome, [1.0, 3.0])
        assert chosen.in_order is table
