"""Forward selection and backward deletion of every equation, compiled.

Regressors are rows of ``columns`` (n_codes, n). With L the longest lag, series j at lag d is row j (L + 1) + d; the
intercept, the seasonal dummies and the trend follow in that order. Series are standardised over the window.

An equation under construction is a stack of sweep states (`sweeping`), one per training sample and one for the
whole sample. When any training sample is so nearly singular that its state would lose its digits, the equation's
cross-validated sums are computed by orthogonal decomposition instead, fit by fit, until deletions have cured it.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from macrotrade.providers.bma.kernels.sweeping import (
    FAST,
    fill_products,
    held_out_rss,
    held_out_rss_orthogonal,
    held_out_rss_without,
    settle_signs,
    sweep_in,
    sweep_out,
)

DEPENDENT = 1e-6  # a column explained to within this share of its variation adds nothing to an equation
DEPENDENT_IN_TRAINING = 1e-10  # the same on the rows left in when a fold is left out
ILL_CONDITIONED = 1e-7  # a training pivot below this share sends the sum to the orthogonal route

BICA, BIC, AIC = 0, 1, 2


@njit(cache=True, error_model="numpy")
def criterion_value(kind, rss, k, n):  # type: ignore[no-untyped-def]
    """BICa = ln(RSS/(n-k)) + k ln(n)/n, BIC = ln(RSS/n) + k ln(n)/n, AIC = ln(RSS/n) + 2k/n."""
    if n - k <= 0:
        return np.inf
    if rss <= 0.0:
        return -np.inf
    if kind == BICA:
        return np.log(rss / (n - k)) + k * np.log(n) / n
    if kind == BIC:
        return np.log(rss / n) + k * np.log(n) / n
    return np.log(rss / n) + 2.0 * k / n


@njit(cache=True, error_model="numpy")
def largest_rss(kind, value, k, n):  # type: ignore[no-untyped-def]
    """The residual sum of squares at which k parameters give this value of the criterion."""
    if n - k <= 0:
        return 0.0
    if kind == BICA:
        return (n - k) * np.exp(value - k * np.log(n) / n)
    if kind == BIC:
        return n * np.exp(value - k * np.log(n) / n)
    return n * np.exp(value - 2.0 * k / n)


@njit(cache=True, error_model="numpy", fastmath=FAST)
def block_inverses(columns, spread, series, longest, q, bounds, n_folds, inverses, rows):  # type: ignore[no-untyped-def]
    """(X'X)^-1 of [1, block] over each training sample and the whole one. Returns False when one is nearly singular."""
    n = columns.shape[1]
    k = q + 2
    floors = np.empty(k + 1)
    floors[1] = n
    for t in range(n):
        rows[t, 0] = 0.0
        rows[t, 1] = 1.0
    for b in range(q + 1):
        code = series * (longest + 1) + (b + 1 if b < q else 0)
        floors[b + 2] = spread[code]
        for t in range(n):
            rows[t, b + 2] = columns[code, t]
    fill_products(rows, k, bounds, n_folds, inverses)
    for f in range(n_folds + 1):
        share = DEPENDENT if f == n_folds else ILL_CONDITIONED
        if sweep_in(inverses[f], k + 1, 1, k + 1, floors, share) >= 0:
            return False
        settle_signs(inverses[f], k + 1)
    return True


@njit(cache=True, error_model="numpy", fastmath=FAST)
def residual_stage_rss(
    residuals, columns, series, longest, q, bounds, n_folds, inverses, limit, moments, whole, b
):  # type: ignore[no-untyped-def]
    """Cross-validated RSS of the residuals on [1, block], or infinity once it must exceed ``limit``.

    The in-sample sum e'e - c'Ac is a lower bound of the cross-validated one.
    """
    k = q + 2
    base = series * (longest + 1)
    squares = 0.0
    for j in range(k):
        whole[j] = 0.0
    for f in range(n_folds):
        for t in range(bounds[f], bounds[f + 1]):
            squares += residuals[t] * residuals[t]
        for j in range(k):
            total = 0.0
            if j == 0:
                for t in range(bounds[f], bounds[f + 1]):
                    total += residuals[t]
            else:
                column = columns[base + (j if j <= q else 0)]
                for t in range(bounds[f], bounds[f + 1]):
                    total += column[t] * residuals[t]
            moments[f, j] = total
            whole[j] += total
    explained = 0.0
    for i in range(k):
        row = inverses[n_folds, i + 1]
        total = 0.0
        for j in range(k):
            total += row[j + 1] * whole[j]
        explained += total * whole[i]
    if squares - explained > limit:
        return np.inf
    rss = 0.0
    for f in range(n_folds):
        for i in range(k):
            row = inverses[f, i + 1]
            total = 0.0
            for j in range(k):
                total += row[j + 1] * (whole[j] - moments[f, j])
            b[i] = total
        for t in range(bounds[f], bounds[f + 1]):
            e = residuals[t] - b[0]
            for j in range(1, k):
                e -= b[j] * columns[base + (j if j <= q else 0), t]
            rss += e * e
        if rss > limit:
            return np.inf
    return rss


@njit(cache=True, error_model="numpy", fastmath=FAST)
def set_up(columns, spread, codes, k, bounds, n_folds, rows, state, floors):  # type: ignore[no-untyped-def]
    """Gather and sweep an equation; a regressor that the ones before it explain is dropped.

    Returns (k, sound): the regressors left, and whether every training sample is well conditioned.
    """
    n = columns.shape[1]
    while True:
        for j in range(k):
            code = codes[j]
            floors[j + 1] = spread[code]
            for t in range(n):
                rows[t, j + 1] = columns[code, t]
        floors[1] = n
        fill_products(rows, k, bounds, n_folds, state)
        stopped = sweep_in(state[n_folds], k + 1, 1, k + 1, floors, DEPENDENT)
        if stopped < 0:
            break
        for j in range(stopped - 1, k - 1):
            codes[j] = codes[j + 1]
        k -= 1
    settle_signs(state[n_folds], k + 1)
    sound = True
    for f in range(n_folds):
        if sweep_in(state[f], k + 1, 1, k + 1, floors, ILL_CONDITIONED) >= 0:
            sound = False
            break
        settle_signs(state[f], k + 1)
    return k, sound


@njit(cache=True, error_model="numpy", fastmath=FAST)
def cross_validated(rows, k, bounds, n_folds, state, floors, residuals, basis, sound):  # type: ignore[no-untyped-def]
    """Cross-validated RSS of the equation that was set up."""
    if sound:
        return held_out_rss(rows, k, bounds, n_folds, state, residuals)
    return held_out_rss_orthogonal(rows, k, 0, bounds, n_folds, floors, DEPENDENT_IN_TRAINING, basis)


@njit(cache=True, error_model="numpy", fastmath=FAST)
def delete_backward(
    codes, k, score, kind, in_sample, bounds, n_folds, rows, state, floors, residuals, basis, column, sound
):  # type: ignore[no-untyped-def]
    """Delete the regressor of least |t| while that lowers the criterion. Returns (k, score)."""
    n = rows.shape[0]
    while k > 1:
        whole = state[n_folds]
        weakest = 2
        least = np.inf
        for m in range(2, k + 1):
            squared_t = whole[0, m] * whole[0, m] / whole[m, m]
            if squared_t < least:
                least = squared_t
                weakest = m
        if in_sample:
            rss = whole[0, 0] + least
        elif sound:
            rss = held_out_rss_without(rows, k, weakest, bounds, n_folds, state, residuals)
        else:
            rss = held_out_rss_orthogonal(
                rows, k, weakest, bounds, n_folds, floors, DEPENDENT_IN_TRAINING, basis
            )
        lower = criterion_value(kind, rss, k - 1, n)
        if not lower < score:
            break
        score = lower
        if sound and not in_sample:
            for f in range(n_folds):
                a = state[f, weakest]
                move = state[f, 0, weakest] / a[weakest]
                for t in range(bounds[f], bounds[f + 1]):
                    e = 0.0
                    for j in range(1, k + 1):
                        e += a[j] * rows[t, j]
                    residuals[t] += move * e
            for f in range(n_folds):
                sweep_out(state[f], k + 1, weakest, column)
        sweep_out(state[n_folds], k + 1, weakest, column)
        for t in range(n):
            for j in range(weakest, k):
                rows[t, j] = rows[t, j + 1]
        for j in range(weakest, k):
            codes[j - 1] = codes[j]
            floors[j] = floors[j + 1]
        k -= 1
    return k, score


@njit(cache=True, error_model="numpy", fastmath=FAST)
def joint_rss(columns, spread, base_codes, k, series, longest, q, bounds, n_folds, codes, rows, state, floors, basis, residuals):  # type: ignore[no-untyped-def]
    """Cross-validated RSS of an equation with one more block, and its number of parameters."""
    for j in range(k):
        codes[j] = base_codes[j]
    for b in range(q + 1):
        codes[k + b] = series * (longest + 1) + (b + 1 if b < q else 0)
    size, sound = set_up(columns, spread, codes, k + q + 1, bounds, n_folds, rows, state, floors)
    return cross_validated(rows, size, bounds, n_folds, state, floors, residuals, basis, sound), size


@njit(cache=True, error_model="numpy", fastmath=FAST)
def build_one(
    columns,
    spread,
    target,
    candidates,
    joint_in_sample,
    inverses,
    usable,
    fold_bounds,
    fold_counts,
    longest,
    p,
    q,
    intercept,
    n_seasons,
    trend,
    final_in_sample,
    kind,
    max_share,
    always_joint,
    first_always,
    out_codes,
    out_numbers,
    capacity,
):  # type: ignore[no-untyped-def]
    """Build one equation. Fills its codes and (k, scheme, rss, cross-validated rss, cv rss by last scheme)."""
    n = columns.shape[1]
    n_codes = columns.shape[0]
    max_folds = fold_bounds.shape[1] - 1
    rows = np.empty((n, capacity + 1))
    state = np.empty((max_folds + 1, capacity + 1, capacity + 1))
    floors = np.empty(capacity + 2)
    trial_rows = np.empty((n, capacity + 1))
    trial_state = np.empty((max_folds + 1, capacity + 1, capacity + 1))
    trial_floors = np.empty(capacity + 2)
    trial_codes = np.empty(capacity + 1, dtype=np.int64)
    trial_residuals = np.empty(n)
    residuals = np.empty(n)
    in_sample_residuals = np.empty(n)
    column = np.empty(capacity + 1)
    basis = np.empty((capacity + 2, n))
    moments = np.empty((max_folds, q + 2))
    whole = np.empty(q + 2)
    b = np.empty(q + 2)
    codes = np.empty(capacity + 1, dtype=np.int64)
    before = np.empty(capacity + 1, dtype=np.int64)
    best_codes = np.empty(capacity + 1, dtype=np.int64)
    n_candidates = candidates.shape[0]
    remaining = np.empty(n_candidates, dtype=np.bool_)
    y = columns[target * (longest + 1)]
    for t in range(n):
        rows[t, 0] = y[t]
        trial_rows[t, 0] = y[t]

    best_rss = np.inf
    best_k = 0
    best_scheme = 0
    for scheme in range(fold_counts.shape[0]):
        n_folds = fold_counts[scheme]
        bounds = fold_bounds[scheme]
        codes[0] = intercept
        for d in range(1, p + 1):
            codes[d] = target * (longest + 1) + d
        k, sound = set_up(columns, spread, codes, p + 1, bounds, n_folds, rows, state, floors)
        rss = cross_validated(rows, k, bounds, n_folds, state, floors, residuals, basis, sound)
        score = criterion_value(kind, rss, k, n)
        n_remaining = n_candidates
        for c in range(n_candidates):
            remaining[c] = True
        first = True
        while True:
            k_before = k
            score_before = score
            for j in range(k):
                before[j] = codes[j]
            while n_remaining > 0 and k <= n * max_share:
                entering = -1
                least = np.inf
                if first or always_joint:
                    for c in range(n_candidates):
                        if not remaining[c]:
                            continue
                        if first and criterion_value(kind, joint_in_sample[c] * (1.0 - 1e-9), k + q + 1, n) > least:
                            continue
                        rss, size = joint_rss(
                            columns, spread, codes, k, candidates[c], longest, q, bounds, n_folds,
                            trial_codes, trial_rows, trial_state, trial_floors, basis, trial_residuals,
                        )
                        value = criterion_value(kind, rss, size, n)
                        if value < least:
                            least = value
                            entering = c
                else:
                    size = k + q + 1
                    for t in range(n):
                        e = y[t]
                        for j in range(1, k + 1):
                            e -= state[n_folds, 0, j] * rows[t, j]
                        in_sample_residuals[t] = e
                    limit = largest_rss(kind, score, size, n) * (1.0 + 1e-9)
                    for c in range(n_candidates):
                        if not remaining[c]:
                            continue
                        series = candidates[c]
                        if usable[scheme, series]:
                            rss = residual_stage_rss(
                                in_sample_residuals, columns, series, longest, q, bounds, n_folds,
                                inverses[scheme, series], limit, moments, whole, b,
                            )
                        else:
                            trial_codes[0] = intercept
                            for t in range(n):
                                trial_rows[t, 0] = in_sample_residuals[t]
                            rss, _ = joint_rss(
                                columns, spread, trial_codes[:1].copy(), 1, series, longest, q, bounds, n_folds,
                                trial_codes, trial_rows, trial_state, trial_floors, basis, trial_residuals,
                            )
                            for t in range(n):
                                trial_rows[t, 0] = y[t]
                        if rss < np.inf:
                            value = criterion_value(kind, rss, size, n)
                            if value < least:
                                least = value
                                entering = c
                                limit = min(limit, rss)
                if entering < 0 or (not least < score and not (first and first_always)):
                    break
                first = False
                remaining[entering] = False
                n_remaining -= 1
                for d in range(q + 1):
                    codes[k + d] = candidates[entering] * (longest + 1) + (d + 1 if d < q else 0)
                k, sound = set_up(columns, spread, codes, k + q + 1, bounds, n_folds, rows, state, floors)
                rss = cross_validated(rows, k, bounds, n_folds, state, floors, residuals, basis, sound)
                score = criterion_value(kind, rss, k, n)
            k, score = delete_backward(
                codes, k, score, kind, False, bounds, n_folds, rows, state, floors, residuals, basis, column, sound
            )
            if not score < score_before:
                k = k_before
                for j in range(k):
                    codes[j] = before[j]
                break
            if n_remaining == 0:
                break
        k, sound = set_up(columns, spread, codes, k, bounds, n_folds, rows, state, floors)
        rss = cross_validated(rows, k, bounds, n_folds, state, floors, residuals, basis, sound)
        if rss < best_rss or scheme == 0:
            best_rss = rss
            best_k = k
            best_scheme = scheme
            for j in range(k):
                best_codes[j] = codes[j]

    n_folds = fold_counts[best_scheme]
    bounds = fold_bounds[best_scheme]
    k = best_k
    for step in range(2):
        added = 0
        if step == 0:
            for s in range(n_seasons):
                best_codes[k + s] = intercept + 1 + s
            added = n_seasons
        elif trend:
            best_codes[k] = n_codes - 1
            added = 1
        if added > 0:
            k, sound = set_up(columns, spread, best_codes, k + added, bounds, n_folds, rows, state, floors)
            rss = cross_validated(rows, k, bounds, n_folds, state, floors, residuals, basis, sound)
            score = criterion_value(kind, rss, k, n)
            k, score = delete_backward(
                best_codes, k, score, kind, False, bounds, n_folds, rows, state, floors, residuals, basis, column, sound
            )
    if final_in_sample:
        k, sound = set_up(columns, spread, best_codes, k, bounds, n_folds, rows, state, floors)
        score = criterion_value(kind, state[n_folds, 0, 0], k, n)
        k, score = delete_backward(
            best_codes, k, score, kind, True, bounds, n_folds, rows, state, floors, residuals, basis, column, sound
        )
    k, sound = set_up(columns, spread, best_codes, k, bounds, n_folds, rows, state, floors)
    out_numbers[0] = k
    out_numbers[1] = best_scheme
    out_numbers[2] = state[n_folds, 0, 0]
    out_numbers[3] = cross_validated(rows, k, bounds, n_folds, state, floors, residuals, basis, sound)
    for j in range(k):
        out_codes[j] = best_codes[j]


@njit(cache=True, error_model="numpy", fastmath=FAST, parallel=True)
def build_all(
    columns,
    spread,
    order,
    candidate_starts,
    candidates,
    joint_in_sample,
    needed,
    fold_bounds,
    fold_counts,
    longest,
    p,
    q,
    intercept,
    n_seasons,
    trend,
    final_in_sample,
    kind,
    max_share,
    always_joint,
    first_always,
    capacity,
):  # type: ignore[no-untyped-def]
    """Build the equations of the series in ``order``, each on its own thread.

    Returns
    -------
    codes : (n_series, capacity), each row's first k entries are the equation's regressors.
    numbers : (n_series, 4): k, the winning fold scheme, rss in-sample, rss cross-validated.
    """
    n = columns.shape[1]
    n_series = candidate_starts.shape[0] - 1
    n_schemes = fold_counts.shape[0]
    max_folds = fold_bounds.shape[1] - 1
    inverses = np.empty((n_schemes, n_series, max_folds + 1, q + 3, q + 3))
    usable = np.zeros((n_schemes, n_series), dtype=np.bool_)
    for j in prange(n_series):
        if needed[j]:
            rows = np.empty((n, q + 3))
            for scheme in range(n_schemes):
                usable[scheme, j] = block_inverses(
                    columns, spread, j, longest, q,
                    fold_bounds[scheme], fold_counts[scheme], inverses[scheme, j], rows,
                )
    codes = np.zeros((n_series, capacity + 1), dtype=np.int64)
    numbers = np.zeros((n_series, 4))
    for place in prange(order.shape[0]):
        i = order[place]
        lo = candidate_starts[i]
        hi = candidate_starts[i + 1]
        build_one(
            columns, spread, i, candidates[lo:hi], joint_in_sample[lo:hi], inverses, usable,
            fold_bounds, fold_counts, longest, p, q, intercept, n_seasons, trend, final_in_sample, kind, max_share,
            always_joint, first_always, codes[i], numbers[i], capacity,
        )
    return codes, numbers
