"""Validation of extracts: bad rows are left out and listed, unfit extracts refused; engines read what is left."""

from etl.registry.validation.report import Report
from etl.registry.validation.validate import validate_extracts

__all__ = ["Report", "validate_extracts"]
