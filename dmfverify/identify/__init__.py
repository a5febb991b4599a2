"""THE SEARCH: one file a method that decides.

| method | proves | when it applies | cost |
|---|---|---|---|
| shifts of a family | all constants of a network with listed supports | stride one, no data | one count a pair |
| trivial kernel | uniform yes, gamma = 1 | listed columns, independent modulo a prime | one elimination |
| kernel basis | rank, dimension of the kernel | listed columns | one null space |
| rank by rows | rank, dimension of the kernel | up to 1,200 rows, any number of columns | one contraction |
| pairs of supports | uniform yes, sparse constants | families of up to 300 supports | one elimination a pair |
"""

from . import families, kernel_basis, row_rank, shift_families, trivial_kernel

METHODS = (shift_families.METHOD, trivial_kernel.METHOD, kernel_basis.METHOD, row_rank.METHOD, families.METHOD)
