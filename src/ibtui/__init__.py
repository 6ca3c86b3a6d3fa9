"""A terminal trading console for Interactive Brokers."""

__version__ = "0.1.0"
