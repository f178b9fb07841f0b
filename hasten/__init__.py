"""hasten: the performance engineer in your terminal."""

from __future__ import annotations

__version__ = "0.1.0"


class HastenError(Exception):
    """An expected failure: one sentence saying what is wrong, one saying what to do next.

    ``exit_code`` is what the process exits with and ``code`` the stable name in the JSON envelope.
    A candidate that fails is a verdict, never one of these.
    """

    exit_code = 70
    code = "bug"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(HastenError):
    """The command line, the settings or the repository handed to us cannot be used."""

    exit_code = 2
    code = "usage"


class WorkloadError(HastenError):
    """The user's workload or tests fail before anything was touched."""

    exit_code = 3
    code = "workload"


class PlatformError(HastenError):
    """Something around us does not work: the base of the four below."""

    exit_code = 4
    code = "environment"


class SandboxError(PlatformError):
    """The sandbox cannot be started or has broken down."""

    code = "sandbox"


class ProfilerError(PlatformError):
    """The profiler cannot attach or left nothing usable."""

    code = "profiler"


class ModelError(PlatformError):
    """The model cannot be reached, paid or understood."""

    code = "model"


class DeliveryError(PlatformError):
    """The result is there but cannot be written where it should go."""

    code = "delivery"
