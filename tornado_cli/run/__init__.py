"""The production runner: forked workers behind one socket."""
