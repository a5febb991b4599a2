"""THE SEARCH: one file a method that bounds.

| method | proves | when it applies | cost |
|---|---|---|---|
| Gram matrix | sigma_min, sigma_max | listed columns, one side up to 1,200 | one Cholesky factor |
| kernel line | gamma from above, uniform yes | kernel of dimension one, equivalence scale | singular values |
| local search | gamma from below, kappa from above | listed columns up to 3,000 | some L-BFGS runs |
| limits | gamma infinite, kappa zero | listed columns up to 1,000 | derivatives at one-hot points; some L-BFGS runs |
| degree four | gamma from above, kappa from below, uniform yes | scale, unions up to 40 coordinates | one SDP each |
"""

from . import kernel_line, limits, local_search, quartic, singular_values

METHODS = (
    singular_values.METHOD,
    kernel_line.METHOD,
    local_search.METHOD,
    limits.METHOD,
    quartic.METHOD,
    quartic.KAPPA,
)
