"""Checks of the exercises, one module per exercise notebook (others that belong to it begin with its name)."""
