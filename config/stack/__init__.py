"""How does one command run the whole of Parley? Servers, processes, readiness, a tidy end."""
