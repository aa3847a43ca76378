"""What `tcli serve` adds for the browser, under `/__tcli__/` and in HTML pages; `tcli run` knows nothing of it."""
