"""Every process's log records, on their way to the one writer."""
