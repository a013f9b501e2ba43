"""The errors that a user's input can cause."""


class ModelError(ValueError):
    """Something that the user gave cannot be a model; the message says what, where and what to do."""


class UnitError(ModelError):
    """A quantity has the wrong dimension, or a unit cannot be read.

    ``start`` and ``end`` are the place in the text that was read, where there was a text.
    """

    def __init__(self, message: str, start: int | None = None, end: int | None = None):
        super().__init__(message)
        self.start = start
        self.end = end
