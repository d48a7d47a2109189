"""The demo: a broker, a worker and a simulated city in one command, and the account at its end."""
