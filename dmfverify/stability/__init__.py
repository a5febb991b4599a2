"""THE SEARCH: one file a method that bounds.

| method | proves | when it applies | cost |
|---|---|---|---|
| Gram matrix | sigma_min, sigma_max | listed columns, one side up to 1,200 | one Cholesky factor |
| kernel line | gamma from above, uniform yes | kernel of dimension one, equivalence scale | singular values |
| local search | gamma from below, kappa from above | listed columns up to 3,000 | some L-BFGS runs |
| limits | gamma infinite, kappa zero | listed columns up to 1,000 | derivatives at one-hot points; some L-BFGS runs |
| projection on pairs | gamma from above, uniform yes | up to 300 supports | an eigenvalue a union of two boxes |
| kernel ratio | gamma from above, uniform yes | scale, kernel of dimension 2 to 18 | an SDP in the kernel |
| mode projectors | gamma from above, uniform yes | scale, a mode of three, size n c up to 800 | an SDP for each union |
| degree four | gamma from above, kappa from below, uniform yes | scale, unions up to 40 coordinates | one SDP each |
| degree four on boxes | the same, at any number of columns | few supports, unions up to 40 coordinates | one SDP each |
| degree four, pairs | gamma on boxes and unions of pairs | scale, up to 60 supports | one SDP a deficient pair |
| mutual coherence | coherence, spark from below | one factor, sparse model | a Gram matrix |
| linear program | the l1 null space constant from above | one factor, sparse model | a linear program a row |
| signed supports | the l1 null space constant | one factor, sparse model | a linear program a node of a tree |
| semidefinite bound | the l1 null space constant from above | up to 40 columns that are left open | one SDP |
"""

from . import (
    coherence,
    kernel_line,
    kernel_ratio,
    l1_linear,
    l1_semidefinite,
    l1_tree,
    limits,
    local_search,
    pair_gamma,
    projected_pairs,
    projectors,
    quartic,
    quartic_boxes,
    singular_values,
)

METHODS = (
    singular_values.METHOD,
    kernel_line.METHOD,
    local_search.METHOD,
    limits.METHOD,
    projected_pairs.METHOD,
    kernel_ratio.METHOD,
    projectors.METHOD,
    quartic.METHOD,
    quartic.KAPPA,
    quartic_boxes.KAPPA,
    quartic_boxes.GAMMA,
    pair_gamma.METHOD,
    coherence.METHOD,
    l1_linear.METHOD,
    l1_tree.METHOD,
    l1_semidefinite.METHOD,
)
