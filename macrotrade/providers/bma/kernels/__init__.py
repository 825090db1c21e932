"""Array arithmetic of the machine-built system: no labels, files, clocks or settings.

Names that mean the same in every module here are explained once, below; a function explains the others.

Notation
--------
n, n_series, n_periods : observations of an equation; series; periods.
p, q : own lags that an equation starts with, and the last lag of a candidate's block.
columns, spread : (n_codes, n) standardised regressors, one row each, and the variation of each about its mean.
codes, k : rows of ``columns`` that an equation regresses on, the intercept first; the first ``k`` of them are in force.
rows, size : (n, >= size) an equation, one row an observation: y, its regressors, zeros; ``size`` is k + 1.
bounds, n_folds : (n_folds + 1,) first row of each contiguous fold of a cross-validation and the end; how many folds.
state : (n_folds + 1, >= size, >= size) sweep state of each training sample, the whole sample last (`sweeping`).
floors, share : variation about its mean of each column, and the share of it at or below which a pivot counts as zero.
sound : whether every training sample is well conditioned, so that its sweep state can be relied on.
block : (n, width) a candidate's [1, lag 1..q, lag 0], or the dummies or the trend behind a 1, padded with zeros.
gamma : (>= width,) coefficients of a block's columns.
out : what a function fills or adds to.
products : (n_folds + 1, width, width) a block's cross products over each training sample, the whole sample last.
block_floors : (width,) what ``floors`` is, of a block's columns.
n_new : columns 1..n_new of a block are regressors.
fold_bounds, fold_counts : (n_schemes, most + 1) and (n_schemes,): ``bounds`` and ``n_folds`` of every fold scheme.
task, scheme : what building any equation reads (`task.Task`), and which fold scheme is in use.
space, trial, scratch : memory: of the equation in force, of one set up for comparison, and for judging blocks.
target, candidates, remaining : series on the left; series whose block may enter; which of those have not entered.
residuals : (n,) of the equation in force.
lag_starts, lag_sources, lags, lag_weights : lagged terms in compressed rows: those of series i lie at
    lag_starts[i]..lag_starts[i + 1] - 1 and are weight times source, so many periods back.
now_starts, now_sources, now_weights : the same for terms of the same period.
component_starts, members : series in the order in which they can be solved, and where each loop of them begins.
"""
