"""Array arithmetic of discovered equations: no labels, files, clocks or settings.

Names that mean the same in every module here are explained once, below; a function explains the others.

Notation
--------
n, width : observations, and the same rounded up to whole vectors; rows are filled up with zeros.
problem, space : what fitting any equation reads, and memory to fit one in (`problem`).
structure : (max_terms,) ascending codes of an equation's terms, filled up with -1.
theta : (max_terms, 3) constants inside the sines, by place in the structure: of c V sin(d W + e) and c sin(d W + e)
    the frequency d; of c sin(a V + b) sin(d W + e) the frequencies d and a and the phase b. Variables are centred.
k : columns of an equation: the constant, its linear terms, then the sine and the cosine of each sine term.
structures, thetas, sse : (n_equations, max_terms), (n_equations, max_terms, 3) and (n_equations,): one row an equation.
"""
