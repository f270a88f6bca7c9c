"""The ``sluice`` command: for those who develop, deploy and operate."""

from sluice.cli.app import main

__all__ = ["main"]
