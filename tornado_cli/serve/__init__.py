"""The development server: a fresh application process for each change."""
