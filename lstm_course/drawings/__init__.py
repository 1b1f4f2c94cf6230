"""The drawings of the lessons: what would distract from what a cell teaches. One module per subject."""
