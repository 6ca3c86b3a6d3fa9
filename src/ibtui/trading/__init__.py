"""Order intents, the order state machine, pre-trade checks, the breaker. Pure: no I/O, standard library only."""
