"""Facts about the shape of a problem: paths, colliding shifts, gauge symmetries, all by name.

| file | theorem | cost |
|---|---|---|
| graph | path-edge incidence: edges - rank = inner nodes on a path + dead edges | linear in the parameters |
| shifts | columns of a convolutional network are parallel iff leaf and shift agree | at most one mark a shift |
| gauges | every invertible G of an associative algebra may be placed between factors | linear algebra |
"""
