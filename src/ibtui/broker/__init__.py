"""The only room that imports ib_insync: session, supervisor, feeds, orders, account, contracts, history."""
