"""The certificates of `tcli run`: chosen, kept, watched, and handed to the workers while they serve."""
