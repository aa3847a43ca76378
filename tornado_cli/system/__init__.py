"""Thin modules over the operating system: sockets, processes, shared memory, certificates."""
