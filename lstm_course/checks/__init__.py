"""Checks of the exercises, one module per exercise notebook, on one shared base."""
