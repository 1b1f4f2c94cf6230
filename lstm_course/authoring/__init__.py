"""From the one written source (percent scripts) to lessons, exercises and solutions (notebooks)."""
