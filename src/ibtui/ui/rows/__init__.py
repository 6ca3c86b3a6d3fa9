"""What each screen says, as plain tuples of text and tone: pure functions of the parts' values."""
