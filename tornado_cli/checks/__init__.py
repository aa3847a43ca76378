"""Looking at what is there, changing nothing, and saying what is wrong with it and what mends it."""
