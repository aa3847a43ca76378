"""What lies under `/__tcli__/`, for the browser, and who may ask for it; `tcli run` knows nothing of it."""
