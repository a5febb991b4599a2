"""Facts about the shape of a problem: paths, colliding shifts, gauge symmetries, all by name.

| file | theorem | cost |
|---|---|---|
| graph | |E| - rank of the path-edge incidence = inner nodes on a path + dead edges | linear in the parameters |
| shifts | columns of a convolutional network are deltas, equal up to sign when their shifts are | at most one mark a shift |
| gauges | G M_R and M_L G^-1 stay in the model for every invertible G of an associative algebra | linear algebra of the inner dimension |
"""
