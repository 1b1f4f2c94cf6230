"""Recurrent networks and LSTMs from zero: cell code, widgets, data and checks for the notebooks."""

__version__ = "0.1.0"
