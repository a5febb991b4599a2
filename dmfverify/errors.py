"""What a user can do wrong, said in one line; and what stops a search.

Every error that reaches a terminal is one line made of what was given, what would be right and
what to try.  Nothing else in the package prints or exits.
"""

from __future__ import annotations


class DmfverifyError(Exception):
    """Base of every exception that dmfverify raises on purpose."""


class BadInput(DmfverifyError):
    """Input that cannot be used, described in one line.

    Parameters
    ----------
    problem
        What was given and what would be right, without a trailing full stop.
    where
        The file and key at fault, for example ``"x.toml: factors[1].taps"``.
    hint
        What to try.

    Examples
    --------
    >>> print(BadInput("got 'scal', expected scale, path-scale or neuron-scale", where="x.toml: equivalence"))
    x.toml: equivalence: got 'scal', expected scale, path-scale or neuron-scale
    """

    def __init__(self, problem: str, *, where: str = "", hint: str = "") -> None:
        self.problem, self.where, self.hint = problem, where, hint
        line = f"{where}: {problem}" if where else problem
        super().__init__(one_line(f"{line}; {hint}" if hint else line))


class NotYet(BadInput):
    """A documented question that this version does not answer yet."""


class MissingExtra(BadInput):
    """An optional dependency is not installed.

    Examples
    --------
    >>> print(MissingExtra("torch", "from_torch"))
    from_torch needs torch, which is not installed; try: pip install 'dmfverify[torch]'
    """

    def __init__(self, extra: str, what: str) -> None:
        super().__init__(
            f"{what} needs {extra}, which is not installed",
            hint=f"try: pip install 'dmfverify[{extra}]'",
        )


def one_line(text: str, limit: int = 400) -> str:
    r"""`text` without control characters, on one line, cut at `limit` characters.

    >>> one_line("a\nb\x1b[31m")
    'a b?[31m'
    """
    flat = " ".join(text.split())
    clean = "".join(c if c.isprintable() else "?" for c in flat)
    return clean if len(clean) <= limit else clean[: limit - 3] + "..."


def quoted(value: object, limit: int = 60) -> str:
    """`value` as it may stand inside an error message: short, printable, in quotes.

    >>> quoted("x" * 100, limit=8)
    "'xxxx..."
    """
    text = value if isinstance(value, str) else str(value)
    return one_line(repr(text[: limit + 1]) if isinstance(value, str) else text, limit)
