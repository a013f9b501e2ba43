"""Arrays in, arrays out: this package knows no neurons."""
