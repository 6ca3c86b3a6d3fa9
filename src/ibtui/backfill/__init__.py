"""History into the bars table: gap ledger, planner and pacing (pure), and their runner."""
