"""What goes wrong in a way that the user can do something about."""


class Failure(Exception):
    """A message for the user: what failed, why, and the remedy where there is one."""


class Unavailable(Failure):
    """One engine cannot take part with these settings; the others can."""
