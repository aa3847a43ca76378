"""What one request or client may take, of size, patience and connections, and what ends it that takes more."""
