"""What both kinds of serving process share: the HTTP server, the drain, the access line."""
