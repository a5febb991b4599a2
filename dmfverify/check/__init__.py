"""The checker: standard library only, nothing of ours outside this folder.

It reads a statement and a certificate, rebuilds what it needs from the statement by plain
products, and says what the claims prove; given a result, it refuses one that says more.  The
formats are in docs/certificate-format.md.

    python -I -S PATH/dmfverify/check CERTIFICATE
"""

import hashlib

from .claims import KINDS
from .proved import Ledger, consequences, tie
from .statement import Statement
from .strict import Rejected, Work, array, keys, one_of, read_json, read_result, require

__all__ = ["Rejected", "verify"]

SCHEMA = "dmfverify/certificate/1"


def verify(statement_bytes, certificate_bytes, result_bytes=None):
    """What the certificate proves about the statement: a map from paths of result.json to values.

    Raises `Rejected` with the reason when a claim fails, when the certificate is about another
    statement, or when the result says something certain that is not proved.
    """
    try:
        return _verify(statement_bytes, certificate_bytes, result_bytes)
    except (RecursionError, MemoryError, OverflowError) as error:
        raise Rejected(f"the files ask for too much ({type(error).__name__})") from None


def _verify(statement_bytes, certificate_bytes, result_bytes):
    digest = hashlib.sha256(statement_bytes).hexdigest()
    certificate = read_json(certificate_bytes, "certificate")
    keys(certificate, ("schema", "statement_sha256", "claims"), (), "certificate")
    require(certificate["schema"] == SCHEMA, "certificate: unknown schema")
    require(certificate["statement_sha256"] == digest, "the certificate is about another statement")
    ledger = Ledger(Statement(read_json(statement_bytes, "statement")))
    for number, claim in enumerate(array(certificate["claims"], "certificate.claims")):
        _claim(claim, number, ledger)
    consequences(ledger)
    proved = ledger.proved()
    if result_bytes is not None:
        tie(read_result(result_bytes, "result"), ledger, proved, digest)
    return proved


def _claim(claim, number, ledger):
    require(type(claim) is dict, f"claims[{number}]: not an object")
    kind = one_of(claim.get("kind"), tuple(KINDS), f"claims[{number}].kind")
    try:
        KINDS[kind](claim, ledger, Work())
    except Rejected as refusal:
        raise Rejected(f"claims[{number}] ({kind}): {refusal}") from None
