"""The user's application: where it is, how it is loaded, what is wrong with it."""
