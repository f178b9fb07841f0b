"""What an attack is, and what has to stop it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Stop:
    """The gate that has to refuse, and a regular expression found in its reason."""

    gate: str
    words: str


ACCEPTED = "accepted"
"""The gate of a documented difference: nothing stops it."""
GAINED = Stop(ACCEPTED, "faster")
NO_GAIN = Stop("speed", "^No faster on evening|^It makes evening slower")
"""The trick does not work: nothing is gained, and the judge says so."""
OTHER_OUTPUT = Stop("output", "does not do the same")
HIDDEN_WORK = Stop("speed", "the work is done where it is not counted")
HELD_OUT = Stop("confirm|speed", "held-out|makes evening-holdout slower")


@dataclass(frozen=True)
class Attack:
    """One way to cheat, as a change of the project."""

    name: str
    offence: str
    """What it does, as a sentence without a subject: ``keeps the answer in /tmp``."""
    files: Mapping[str, str | None]
    """Path -> new text (``None``: deleted). ``@OUTSIDE@`` stands for a folder of the host, ``@HOME@`` for
    the home of the user, ``@BEFORE@`` for the tree of the program as it was."""
    policy: str
    """Found in the reason for which ``hasten optimize`` refuses to run it; empty where reading it cannot
    tell, and the other gates have to."""
    stop: Stop | None
    """What stops it once it runs: below ``optimize`` where the policy lets it through, and below
    ``verify``, which trusts the author. ``None``: nothing does, as the page on security says."""
    on: Mapping[str, Stop | None] = field(default_factory=dict)
    """Where a backend differs. ``None``: it does not claim to stop this, and it is not tried there."""
    litter: bool = False
    """The improvement is honest; what it leaves lying about has to be gone."""
    harmful: bool = False
    """Afterwards the machine has to prove itself with a whole honest candidate."""

    def texts(self, places: Mapping[str, str]) -> dict[str, str | None]:
        """The files with ``places`` filled in."""
        found = dict(self.files)
        for mark, place in places.items():
            found = {path: text and text.replace(mark, place) for path, text in found.items()}
        return found

    def is_tried(self, backend: str) -> bool:
        """Whether the backend claims to stop it, or is known not to, and both can be seen without harm."""
        return self.on.get(backend, self) is not None

    def stopped_by(self, backend: str) -> Stop | None:
        return self.on.get(backend, self.stop)
