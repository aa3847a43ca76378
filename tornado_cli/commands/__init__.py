"""One verb, one file: options in, one call out."""
