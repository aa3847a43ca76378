"""The report of what an application has forgotten: to await, to ask for its result, to close; and where it was made."""
