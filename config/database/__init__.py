"""Django's PostgreSQL, whose kept connections are tried without asking the server."""
