"""Files that come to the disk whole or not at all, and never in the place of something that exists."""
