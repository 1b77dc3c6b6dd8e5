"""x12retro: X12 278 (005010X217) for retroactive authorization."""

__version__ = "0.1.0"
