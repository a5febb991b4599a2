"""The command line of the checker: files in, `valid` or `invalid: why` out."""

import argparse
import json
import sys

from . import Rejected, verify
from .files import read_files

USAGE = 2


def main(arguments):
    """Check the files named; the exit status is 0 for valid, 1 for invalid, 2 for unreadable files."""
    options = _options(arguments)
    try:
        files = read_files(options.certificate, options.statement, options.result)
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
