"""The screens. Textual lives here, and nothing else knows Textual."""
