"""New projects: what is in them, and how they come to the disk whole or not at all."""
