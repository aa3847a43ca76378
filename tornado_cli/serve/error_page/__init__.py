"""What the browser shows where the application has failed: source, causes, the request, to those who may see them."""
