"""Sanwang (三网): one dispatch pipeline for the 12345 hotline, 110 police alerts and grid reports."""
