"""The process that serves the application, or the page that stands in for it."""
