"""Claims of existence: enclosures, witnesses in number fields, dimension counts."""

ACCEPTED: dict = {}
REJECTED: dict = {}
MALFORMED: dict = {}
