"""Claims that bound or decide by polynomials: degree four, restricted minors, roots of a chain."""

ACCEPTED: dict = {}
REJECTED: dict = {}
MALFORMED: dict = {}
