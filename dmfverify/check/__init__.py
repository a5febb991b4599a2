"""The checker: standard library only, nothing of ours outside this folder.

It reads a statement and a certificate, rebuilds what it needs from the statement by plain
products, and says what the claims prove; given a result, it refuses one that says more.  The
formats are in docs/certificate-format.md.

    python -I -S PATH/dmfverify/check CERTIFICATE
"""

import hashlib
import sys
import types

from .claims import KINDS
from .files import read_files
from .proved import Ledger, consequences
from .statement import Statement
from .strict import WORK_LIMIT, Rejected, Work, array, keys, read_json, read_result, require, shown
from .tie import tie

__all__ = ["Rejected", "Session", "check_files", "open_certificate", "verify"]

SCHEMA = "dmfverify/certificate/1"
TOTAL_WORK = 10 * WORK_LIMIT
CLAIM_COST = 1_000
LONG = ("support-tree",)
"""Kinds of which one claim may cost all the work that is left."""


def verify(statement_bytes, certificate_bytes, result_bytes=None):
    """What the certificate proves about the statement: a map from paths of result.json to values.

    Raises `Rejected` with the reason when a claim fails, when the certificate is about another
    statement, or when the result says something certain that is not proved.
    """
    session = open_certificate(statement_bytes, certificate_bytes)
    if result_bytes is not None:
        session.tie(result_bytes)
    return session.proved()


def open_certificate(statement_bytes, certificate_bytes):
    """The session in which every claim of the certificate has been accepted."""
    session = Session(statement_bytes)
    certificate = read_json(certificate_bytes, "certificate")
    keys(certificate, ("schema", "statement_sha256", "claims"), (), "certificate")
    require(certificate["schema"] == SCHEMA, "certificate: unknown schema")
    require(certificate["statement_sha256"] == session.sha256, "the certificate is about another statement")
    for number, claim in enumerate(array(certificate["claims"], "certificate.claims")):
        try:
            session.accept(claim)
        except Rejected as refusal:
            kind = shown(claim.get("kind")) if type(claim) is dict else "no object"
            raise Rejected(f"claims[{number}] ({kind}): {refusal}") from None
    session.proved()
    return session


class Session:
    """One statement, and what the claims accepted so far prove about it."""

    def __init__(self, statement_bytes):
        self.sha256 = hashlib.sha256(statement_bytes).hexdigest()
        self.ledger = Ledger(Statement(read_json(statement_bytes, "statement")))
        self.left = TOTAL_WORK

    def accept(self, claim):
        """Check one claim (a JSON object) and enter what it proves; raises `Rejected`."""
        require(type(claim) is dict, "not an object")
        require(self.ledger.statement.refusal is None, self.ledger.statement.refusal)
        kind = claim.get("kind")
        require(type(kind) is str and kind in KINDS, "unknown kind")
        own = kind.startswith("skip-") == (self.ledger.statement.opened is not None)
        require(own, "not a kind for this statement: free and known taps in one layer have kinds of their own")
        limit = self.left if kind in LONG else min(WORK_LIMIT, self.left)
        work = Work(2 * self.ledger.statement.bits, limit)
        work.spend(CLAIM_COST)
        try:
            KINDS[kind](claim, self.ledger, work)
        except (RecursionError, MemoryError, OverflowError) as error:
            raise Rejected(f"the claim asks for too much ({type(error).__name__})") from None
        self.left -= limit - work.left

    def proved(self):
        """The map from paths of result.json to what has been proved, consequences drawn."""
        consequences(self.ledger)
        return self.ledger.proved()

    def tie(self, result_bytes):
        """Refuse a result that says anything certain that has not been proved."""
        tie(read_result(result_bytes, "result"), self.ledger, self.proved(), self.sha256)


def check_files(certificate, statement=None, result=None):
    """The map of what a certificate file proves; raises `Rejected` or OSError.

    Statement and result lie beside the certificate unless they are named.
    """
    return verify(*read_files(certificate, statement, result))


class _CallableModule(types.ModuleType):
    """Lets `dmfverify.check("out/certificate.json")` stand for `check_files`, whose home has the same name."""

    def __call__(self, certificate, statement=None, result=None):
        return check_files(certificate, statement, result)


sys.modules[__name__].__class__ = _CallableModule
