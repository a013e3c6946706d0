"""What one look has shown."""

import dataclasses


@dataclasses.dataclass
class Verdict:
    """A row of the table at the end."""

    # What was tried.
    what: str
    # What was seen: the figures.
    seen: str
    # What is wrong; nothing, if all is well.
    problems: list[str]
