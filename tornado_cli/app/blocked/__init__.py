"""The report of what holds the event loop: turns of the loop, samples of its stack, and who is to be named."""
