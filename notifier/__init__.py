"""Watches ClinicalTrials.gov for the people who asked, and mails them what changed, once."""

__version__ = "0.1.0"
