"""The command line of the checker: files in, `valid` or `invalid: why` out."""

import argparse
import json
import os
import stat
import sys

from . import Rejected, verify
from .strict import MAX_BYTES

USAGE = 2


def main(arguments):
    """Check the files named; the exit status is 0 for valid, 1 for invalid, 2 for unreadable files."""
    options = _options(arguments)
    folder = os.path.dirname(os.path.abspath(options.certificate))
    statement = options.statement or os.path.join(folder, "statement.json")
    result = options.result or _beside(folder, "result.json")
    try:
        files = [_read(path) for path in (statement, options.certificate)] + [_read(result) if result else None]
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return USAGE
    return report(*files, as_json=options.json)


def report(statement, certificate, result, as_json):
    """Print what is proved, or why the certificate is invalid."""
    try:
        proved = verify(statement, certificate, result)
    except Rejected as refusal:
        if as_json:
            print(json.dumps({"valid": False, "reason": str(refusal)}))
        else:
            print(f"invalid: {refusal}")
        return 1
    if as_json:
        digest = json.loads(certificate)["statement_sha256"]
        print(json.dumps({"valid": True, "statement_sha256": digest, "proved": proved}))
        return 0
    print("valid")
    for line in lines(proved, json.loads(certificate)["claims"]):
        print(line)
    return 0


def lines(proved, claims):
    """One line a proved claim, trivial pairs left out."""
    if not claims:
        return ["proves nothing"]
    trivial = (["0", "inf"], ["1", "inf"])
    return [f"{path} = {_shown(value)}" for path, value in sorted(proved.items()) if value not in trivial]


def _shown(value):
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else value


def _options(arguments):
    parser = argparse.ArgumentParser(prog="dmfverify check", description="Check a certificate.")
    parser.add_argument("certificate")
    parser.add_argument("--statement", help="default: statement.json beside the certificate")
    parser.add_argument("--result", help="default: result.json beside the certificate, if there is one")
    parser.add_argument("--json", action="store_true", help="print the proved map as JSON")
    return parser.parse_args(arguments)


def _beside(folder, name):
    path = os.path.join(folder, name)
    return path if os.path.exists(path) else None


def _read(path):
    with open(path, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(0, "not a regular file", path)
        return file.read(MAX_BYTES + 1)
