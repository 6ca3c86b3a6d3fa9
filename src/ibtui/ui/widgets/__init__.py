"""Widgets that draw their own lines: board, ladder, tape, bars."""
