"""The commands; thin.  Everything is done in `pipeline`, `check`, `report` and `lifting`.

Exit status: 0 done, whatever the verdict; 1 a requirement not met or an invalid certificate; 2 bad
input or usage; 130 after Ctrl-C, with what is known written.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from .errors import BadInput, DmfverifyError, one_line, quoted

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Certifies identifiability and stability of deep structured matrix factorizations.",
)

CaseArgument = Annotated[str, typer.Argument(metavar="CASE", help="A case file, or the name of a shipped case.")]
OutOption = Annotated[Path | None, typer.Option("--out", help="Folder to write into; default: named after the case.")]
BudgetOption = Annotated[
    float | None, typer.Option("--time-budget", metavar="SECONDS", help="What is bounded by then is reported.")
]
JobsOption = Annotated[int, typer.Option("--jobs", min=1, help="Threads of a search; in a sweep, cases at a time.")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Fixes every random choice.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Nothing on the terminal but errors.")]
JsonOption = Annotated[bool, typer.Option("--json", help="The result on standard output, and nothing else there.")]
RequireOption = Annotated[
    str | None, typer.Option("--require", metavar="identifiable|stable", help="Exit 1 unless the result says so.")
]


@app.command()
def certify(
    case: CaseArgument,
    out: OutOption = None,
    at: Annotated[Path | None, typer.Option("--at", help="Parameters: are these determined, and how stiffly?")] = None,
    p: Annotated[str, typer.Option("--p", metavar="1|2|inf", help="Of the distance in the recovery bound.")] = "2",
    time_budget: BudgetOption = None,
    jobs: JobsOption = 1,
    seed: SeedOption = 0,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
    require: RequireOption = None,
) -> None:
    """Decide, bound, and write statement, certificate, result and report."""
    from .pipeline import certify as run
    from .pipeline import known_requirement, require_met

    known_requirement(require)
    known_budget(time_budget)
    distance = known_distance(p)
    loaded, name = load_case(case)
    with progress(quiet or as_json) as told:
        result = run(loaded, at=at, time_budget=time_budget, jobs=jobs, seed=seed, p=distance, progress=told)
    folder = result.save(out if out is not None else Path(name))
    if as_json:
        print(result.result_bytes.decode(), end="")
    elif not quiet:
        from .report import terminal_table
        from .result import check_command

        console().print(terminal_table(result.json, check_command(folder)))
    if result.interrupted:
        raise typer.Exit(130)
    if not require_met(result, require):
        raise typer.Exit(1)


@app.command(context_settings={"ignore_unknown_options": False})
def check(
    certificate: Annotated[Path, typer.Argument(metavar="CERTIFICATE")],
    statement: Annotated[Path | None, typer.Option("--statement", help="Default: beside the certificate.")] = None,
    result: Annotated[Path | None, typer.Option("--result", help="Default: beside the certificate, if there.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what is proved as JSON.")] = False,
) -> None:
    """Check a certificate, independently of the search."""
    from .check.command import main as run

    named = (("--statement", statement), ("--result", result))
    options = [part for name, path in named if path is not None for part in (name, str(path))]
    raise typer.Exit(run([*options, *(["--json"] if as_json else []), "--", str(certificate)]))


@app.command()
def recover(
    case: CaseArgument,
    data: Annotated[Path | None, typer.Option("--data", help="Your own matrix: .npy, .npz or .mtx.")] = None,
    trials: Annotated[int, typer.Option("--trials", min=1, help="How many parameters are planted.")] = 72,
    noise: Annotated[
        str | None, typer.Option("--noise", metavar="REL,...", help="Norms of the noise, relative to the product.")
    ] = None,
    out: OutOption = None,
    time_budget: BudgetOption = None,
    seed: SeedOption = 0,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Plant parameters, recover them, compare with the bound; or recover from a matrix."""
    from .output import write_files
    from .recover.command import planted, recovered
    from .report.trials import trials_page

    known_budget(time_budget)
    loaded, name = load_case(case)
    with progress(quiet or as_json) as told:
        if data is None:
            done = planted(loaded, certified, trials, noise, seed, time_budget, told)
            page = {"recovery.html": trials_page(*done.told).encode()}
        else:
            done, page = recovered(loaded, certified, data, noise, seed, time_budget, told), {}
    folder = write_files(out if out is not None else Path(name), {**done.files, **page})
    if as_json:
        print(done.files["recovery.json"].decode(), end="")
    elif not quiet:
        print("\n".join([*done.lines, str(folder / "recovery.json")]))
    if done.status:
        raise typer.Exit(done.status)


def certified(case: Any, seconds: float, seed: int, told: Any) -> Any:
    """The result of a case within `seconds`, for the commands that need its constants."""
    from .pipeline import certify as run

    return run(case, time_budget=seconds, seed=seed, progress=told)


@app.command()
def lift(
    case: CaseArgument,
    form: Annotated[str, typer.Option("--format", help="text, latex or python")] = "text",
) -> None:
    """The symbolic lifting: monomials, A, rank, kernel."""
    from .lifting.symbolic import lift as run

    loaded, _ = load_case(case)
    print(run(loaded, format=form))


@app.command()
def show(
    case: CaseArgument,
    out: Annotated[Path | None, typer.Option("--out", help="An .svg, .png or .pdf file; default: CASE.svg.")] = None,
) -> None:
    """A picture of the architecture and its support structure."""
    from .report import save
    from .report import show as draw
    from .result import names

    loaded, name = load_case(case)
    path = out if out is not None else Path(f"{name}.svg")
    save(draw(loaded, names(loaded)), path)
    print(path)


@app.command()
def sweep(
    cases: Annotated[
        list[str], typer.Argument(metavar="CASE...", help="Case files, folders of them, or shipped cases.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder of the store, the tables and the results.")] = Path(
        "sweep"
    ),
    time_budget: BudgetOption = None,
    jobs: JobsOption = 1,
    scheduler: Annotated[
        str | None,
        typer.Option("--scheduler", metavar="ADDRESS", help="A Dask scheduler: trusted code."),
    ] = None,
    pairs: Annotated[
        bool, typer.Option("--pairs", help="The pairs of supports of one case instead, each by itself.")
    ] = False,
    seed: SeedOption = 0,
    quiet: QuietOption = False,
) -> None:
    """Many cases, or the pairs of supports of one: resumable, one table at the end."""
    from .sweep import Stopped, pair_tasks, tasks_of, write_tables
    from .sweep import sweep as run

    known_budget(time_budget)
    tasks: Any = (pair_tasks if pairs else tasks_of)(cases, time_budget, seed)
    stopped = False
    with counted(len(tasks), quiet) as acknowledged:
        try:
            rows = run(tasks, out, jobs=jobs, scheduler=scheduler, acknowledged=acknowledged)
        except Stopped as stop:
            rows, stopped = stop.rows, True
    lines, beside = together(tasks, rows) if pairs else ([], {})
    write_tables(rows, out, beside)
    if not quiet:
        print("\n".join([*lines, str(out / "table.csv")]))
    if stopped:
        raise KeyboardInterrupt


def together(tasks: Any, rows: Any) -> tuple[list[str], dict[str, bytes]]:
    """What the pairs of a family say together: lines for the terminal, and family.json."""
    from .sweep import family_bytes, family_lines, family_of

    family = family_of(tasks, rows)
    return family_lines(family), {"family.json": family_bytes(family)}


@app.command()
def cases() -> None:
    """The shipped cases."""
    from rich.table import Table
    from rich.text import Text

    from .library import shipped
    from .problem import load

    table = Table("case", "title", box=None)
    for name, path in shipped().items():
        table.add_row(name, Text(one_line(load(path).title)))
    console().print(table)


@app.command()
def new() -> None:
    """Print a commented case file to start from."""
    from .problem import template

    print(template(), end="")


@app.command()
def report(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="A result.json, or its folder.")],
    form: Annotated[str, typer.Option("--format", metavar="FORM,...", help="html, pdf, tex and md.")] = "html",
    out: Annotated[Path | None, typer.Option("--out", help="Folder to write into; default: that of RESULT.")] = None,
    quiet: QuietOption = False,
) -> None:
    """The report again, in other forms, after another check."""
    from .output import write_files
    from .result import FORMS, rendered
    from .saved import load_result

    forms = [part.strip() for part in form.split(",")]
    for part in forms:
        if part not in FORMS:
            raise BadInput(f"got {quoted(part)}, expected some of {', '.join(FORMS)}", where="--format")
    folder = result if result.is_dir() else result.parent
    pages = rendered(load_result(result), forms, folder)
    target = write_files(out if out is not None else folder, pages)
    if not quiet:
        print("\n".join(str(target / name) for name in pages))


def load_case(name: str) -> tuple[Any, str]:
    """The case in a file, or the shipped one of that name; and a name for its folder."""
    from .library import find, shipped
    from .problem import load

    path = Path(name)
    known = name in shipped()  # a folder of that name holds what an earlier run wrote
    if path.is_file() or path.suffix or len(path.parts) > 1 or (path.exists() and not known):
        return load(path), path.stem or "case"
    if not known:
        raise BadInput(
            f"no such file, and no shipped case is called {quoted(name)}", where=quoted(name), hint=_nearest(name)
        )
    return load(find(name)), name


def _nearest(name: str) -> str:
    from difflib import get_close_matches

    from .library import shipped

    near = get_close_matches(name, shipped(), n=1)
    return f"did you mean {near[0]}?" if near else "dmfverify cases lists them"


def known_budget(seconds: float | None) -> None:
    """Refuse a time budget that is not a positive number."""
    if seconds is not None and not 0 < seconds < float("inf"):
        raise BadInput(f"got {seconds}, expected a positive number of seconds", where="--time-budget")


def known_distance(p: str) -> int | str:
    """The p of a distance as `certify` takes it: 1, 2 or "inf"."""
    if p not in ("1", "2", "inf"):
        raise BadInput(f"got {quoted(p)}, expected 1, 2 or inf", where="--p")
    return p if p == "inf" else int(p)


def console() -> Any:
    """A rich console on standard output."""
    from rich.console import Console

    return Console(highlight=False)


@contextmanager
def counted(total: int, quiet: bool) -> Iterator[Any]:
    """Yields what to call with (name, row) for each case that is on disk: a bar with an estimate, or a line each."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    if quiet:
        yield lambda name, row: None
    elif not sys.stderr.isatty():
        yield lambda name, row: print(f"{name}: {row.get('uniform', row['status'])}", file=sys.stderr, flush=True)
    else:
        columns = (
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}", markup=False),
        )
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task("", total=total)
            yield lambda name, row: bar.update(task, advance=1, description=one_line(name, 40))


class progress:
    """A spinner on standard error with the method that runs, when that is a terminal."""

    def __init__(self, silent: bool) -> None:
        self.status = None
        if not silent and sys.stderr.isatty():
            from rich.console import Console

            self.status = Console(stderr=True).status("starting")

    def __enter__(self) -> Any:
        if self.status is None:
            return lambda text: None
        self.status.start()
        return lambda text: self.status.update(text)

    def __exit__(self, *error: object) -> None:
        if self.status is not None:
            self.status.stop()


def main() -> NoReturn:
    """Entry point: every error that a user can make is one line and exit status 2."""
    try:
        status = app(standalone_mode=False)
    except DmfverifyError as error:
        sys.exit(_failed(str(error), 2))
    except KeyboardInterrupt:
        sys.exit(_failed("interrupted", 130))
    except typer.Exit as stop:
        sys.exit(stop.exit_code)
    except Exception as error:
        if hasattr(error, "format_message"):  # click's usage errors
            sys.exit(_failed(error.format_message(), 2))
        raise
    sys.exit(status if isinstance(status, int) else 0)


def _failed(line: str, status: int) -> int:
    print(f"dmfverify: {one_line(line)}", file=sys.stderr)
    return status


if __name__ == "__main__":
    main()
