"""What the server does with its terminal: the greeting, the keys, and lending it to a debugger."""
