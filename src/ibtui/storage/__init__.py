"""SQLite: schema and migrations, the writer task, the order journal, queries."""
