"""THE SEARCH: one file a method that decides.

| method | proves | when it applies | cost |
|---|---|---|---|
| shift counts | rank and all singular values of a network | plain convolutions, no data | one count over the layers |
| colliding indices | uniform no | equal shifts; parallel or zero columns | linear in shifts or columns |
| Kronecker-sparse chain, path lifting | uniform yes, gamma = 1 | `neuron-scale` | four numbers a factor; one product |
| peeling | generic yes, over C as well | `neuron-scale` | entries of the blocks |
| gauge witness, gauge fields | uniform no; local no | linear gauges between two factors | one linear system a place |
| roots of a chain | generic yes or no, fibres over R and C | one path of full runs, no wrap | a count |
| shifts of a family | all constants of a network with listed supports | stride one, no data | one count a pair |
| shifts of a pair | the least singular value of a family | stride one, no data | one count |
| trivial kernel | uniform yes, gamma = 1 | listed columns, independent modulo a prime | one elimination |
| kernel basis | rank, dimension of the kernel | listed columns | one null space |
| rank by rows | rank, dimension of the kernel | up to 1,200 rows, any number of columns | one contraction |
| points of the kernel | uniform no, over C no | one support at a time, `scale` | minors on lines of the kernel |
| small integer parameters | uniform no | few parameters | all of them compared, by hashing |
| interval Newton | uniform no | a real solution with a differential of full rank | some numerical solutions |
| jacobian rank | local yes | any K | prefix and suffix products |
| sets of columns | uniform yes or no, lower RIP for K = 1 | sparse, up to 1,000 columns | bad sets out of bad pairs |
| boxes of two supports | sparse constants, uniform yes | up to 300 supports, or products | branch and bound |
| pairs of supports | uniform yes, sparse constants | families of up to 300 supports | one elimination a pair |
| kernel line outside | uniform yes | kernel of dimension one | sub-tensors, signs, ranks |
| spark | spark; uniform yes or no | one factor, sparse model | sets of a few columns |
| kernel cover | uniform yes over R | `scale`, kernels of dimension up to 4, non-negative models above all | cells |
| kernel cover, gamma | gamma from above | non-negative, no supports, kernels of dimension up to 4 | wider cells |
| rank, gauge, stiffness at the point | everything under `at` | parameters are given | Jacobians at them |
| one class at a point | generic yes, yes at given parameters | kernels of dimension up to 60 or so | ranks |
| exchange of factors | generic no | two factors of one size | columns compared |
| degree of rank one | fibre over C, generic no | rank of A = dimension of the rank-one cone | ranks |
| pair of open images | generic no | the same, two factors, one of two parameters | kernel vectors |
| restricted minors | uniform yes, over C as well | kernels of dimension up to 24 or so | ranks, degree after degree |
"""

from . import (
    chain_fibre,
    collision,
    column_subsets,
    enclosure,
    families,
    gauge,
    jacobian,
    kernel_basis,
    kernel_cover,
    kernel_points,
    line_outside,
    one_class,
    patterns,
    point,
    restricted_minors,
    row_rank,
    several,
    shift_families,
    skips,
    small_integers,
    spark,
    support_tree,
    trivial_kernel,
)

METHODS = (
    *patterns.METHODS,
    *collision.METHODS,
    *gauge.METHODS,
    *skips.METHODS,
    chain_fibre.METHOD,
    shift_families.METHOD,
    shift_families.PAIR,
    trivial_kernel.METHOD,
    kernel_basis.METHOD,
    row_rank.METHOD,
    jacobian.METHOD,
    column_subsets.METHOD,
    support_tree.METHOD,
    families.METHOD,
    line_outside.METHOD,
    spark.METHOD,
    restricted_minors.METHOD,
    kernel_cover.METHOD,
    kernel_cover.GAMMA,
    kernel_points.METHOD,
    small_integers.METHOD,
    enclosure.METHOD,
    one_class.METHODS[0],
    *several.METHODS,
)
POINT_METHODS = (*point.METHODS, one_class.METHODS[1])
"""Those that need given parameters."""
