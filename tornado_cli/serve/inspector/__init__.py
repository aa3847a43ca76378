"""The request inspector of `tcli serve --debug`: what came, what was answered, and what happened in between."""
