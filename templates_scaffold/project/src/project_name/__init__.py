"""Project Name: a web application on Tornado."""
