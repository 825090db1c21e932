"""Compiled arithmetic of many networks at once: no labels, files, clocks or settings.

Names that mean the same in every module here are explained once, below; a function explains the others. Arrays are flat
and hold float32; places in them are offsets in elements, and shapes say what lies behind what.

Notation
--------
form, reading : sizes of a network, and the tables that it reads (`reading`).
every, batch, n_rows : all rows of a sample; those of one step; how many of them.
order, step : (n_epochs, n_rows) rows in the order of each epoch; steps of Adam made before.
n, p : nodes of a layer, filled up by zeros to a multiple of `LANES` where they are many; units of the LSTM.
weights, gradient : a member's or a block's parameters in the network's order, and derivatives of the loss by them.
moved, lstm, heads : weights with their two moments, of a block; of its LSTMs, of its heads.
member, lane : place of a member's weights among those of a block's heads; its number in the block.
pace, rates : what a step of Adam needs, and what that follows from (`adam`).
head : place of the weights of f among a block's, behind those of what is read at once.
first, start, stop : (rows,) oldest period of each row; rows start..stop-1 are worked on.
projected, projected_slopes : (n_periods, 4 p) x_t W + b of each period; derivatives of the loss by it.
kept : (n_steps, rows, 6 p) i, f, g, o, c and tanh c of each step, the units of each together.
state, slopes : (rows, 2 p) h and the next h; derivatives of the loss by h and by c.
factors, at : last states f of the rows; place in them of a row's.
outputs, losses : what members say of rows; mean squared errors of epochs.
space, work : memory of a block; `WORK` numbers of workspace of a product.
left, a, rows, steps : left operand of a product: [i, k] lies in the array ``left`` at a + rows[i] + steps[k].
right, b, b_row : right operand: its row k begins in ``right`` at b + k b_row.
out, o, o_row : result: its row i begins in ``out`` at o + i o_row.
width, depth : columns of the result, a multiple of `LANES`; numbers that are summed.
values, place : an array, and a place in it.
context, builder, kind : the compiler's own: what it compiles for, where instructions go, and a type.
"""
