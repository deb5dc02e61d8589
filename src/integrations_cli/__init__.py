"""`integrations`: keep the third-party credentials of many websites."""

__version__ = "0.1.0"
