"""Laws that every provider obeys, looking ahead included, and the check that tries to break them."""

from macrotrade.testing.check import check_provider
from macrotrade.testing.report import CheckReport, LawResult

__all__ = ["CheckReport", "LawResult", "check_provider"]
