"""THE SEARCH: one file a method that decides.

| method | proves | when it applies | cost |
|---|---|---|---|
| shift counts | rank and all singular values of a network | plain convolutions, no data | one count over the layers |
| colliding indices | uniform no | equal shifts; parallel or zero columns | linear in shifts or columns |
| gauge witness, gauge fields | uniform no; local no | linear gauges between two factors | one linear system a place |
| shifts of a family | all constants of a network with listed supports | stride one, no data | one count a pair |
| trivial kernel | uniform yes, gamma = 1 | listed columns, independent modulo a prime | one elimination |
| kernel basis | rank, dimension of the kernel | listed columns | one null space |
| rank by rows | rank, dimension of the kernel | up to 1,200 rows, any number of columns | one contraction |
| jacobian rank | local yes | any K | prefix and suffix products |
| pairs of supports | uniform yes, sparse constants | families of up to 300 supports | one elimination a pair |
"""

from . import collision, families, gauge, jacobian, kernel_basis, row_rank, shift_families, trivial_kernel

METHODS = (
    *collision.METHODS,
    *gauge.METHODS,
    shift_families.METHOD,
    trivial_kernel.METHOD,
    kernel_basis.METHOD,
    row_rank.METHOD,
    jacobian.METHOD,
    families.METHOD,
)
