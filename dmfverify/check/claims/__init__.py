"""The kinds of claim, one function each: `KINDS[kind](claim, ledger, work)`.

A function reads its evidence strictly, requires what section 4 of the format page says, and
enters what follows into the ledger.
"""

from . import (
    chain_fibre,
    convolution,
    difference,
    dimension,
    enclosure,
    families,
    gram,
    kernel,
    limit,
    local,
    null_space,
    outside,
    quartic,
    restricted_minors,
    sensing_columns,
    shift_families,
    skips,
    witness,
)

KINDS = {
    "trivial-kernel": kernel.trivial_kernel,
    "kernel": kernel.kernel,
    "kernel-line": kernel.kernel_line,
    "shift-counts": convolution.shift_counts,
    "chain-fibre": chain_fibre.chain_fibre,
    "shift-families": shift_families.shift_families,
    "gram-bracket": gram.gram_bracket,
    "row-rank": gram.row_rank,
    "witness": witness.witness,
    "enclosure": enclosure.enclosure,
    "field-witness": enclosure.field_witness,
    "dimension-count": dimension.dimension_count,
    "line-outside": outside.line_outside,
    "difference": difference.difference,
    "limit": limit.limit,
    "jacobian": local.jacobian,
    "gauge": local.gauge,
    "quartic": quartic.quartic,
    "restricted-minors": restricted_minors.restricted_minors,
    "pairs-injective": families.pairs_injective,
    "null-space-vector": null_space.null_space_vector,
    "l1-linear": null_space.l1_linear,
    "l1-semidefinite": null_space.l1_semidefinite,
    "l1-tree": null_space.l1_tree,
    "mutual-coherence": sensing_columns.mutual_coherence,
    "independent-columns": sensing_columns.independent_columns,
    "recovery-bound": difference.recovery_bound,
    "skip-injective": skips.skip_injective,
    "skip-witness": skips.skip_witness,
    "skip-jacobian": skips.skip_jacobian,
}
