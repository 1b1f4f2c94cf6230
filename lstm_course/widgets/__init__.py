"""Widgets of the course, one module each, on one shared base (`Explorer`)."""
