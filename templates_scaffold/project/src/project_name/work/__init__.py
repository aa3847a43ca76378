"""Work beside the requests: jobs in the background, calculations in other processes, calls to other services."""
