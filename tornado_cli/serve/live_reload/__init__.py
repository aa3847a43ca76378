"""Open pages follow the project: a script in each, a connection to whoever serves, news of what is edited."""
