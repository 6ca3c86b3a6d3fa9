"""The table of keys, a file for each part of it; :mod:`ibtui.ui.keymap` puts them together."""
