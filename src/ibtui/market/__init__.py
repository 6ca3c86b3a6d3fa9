"""Quote board, depth book, tape, sessions and hours, bars. Pure: plain fast state, standard library only."""
