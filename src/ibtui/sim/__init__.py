"""The simulated gateway: a server that speaks the TWS socket protocol and owns a market, a book and a paper account."""
