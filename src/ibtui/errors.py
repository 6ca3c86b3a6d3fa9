"""Every error that ibtui raises. Messages are plain sentences that say what happened and what to do."""


class IbtuiError(Exception):
    """Root of all errors of this program.

    ``exit_code`` is what a command that ends with this error returns to the shell.
    """

    exit_code = 1


class UsageError(IbtuiError):
    """The command, the configuration or the environment is wrong; nothing was tried."""

    exit_code = 2


class ConfigError(UsageError):
    """A settings file or an environment variable holds a key or a value that is not allowed."""


class EnvironmentUnfitError(UsageError):
    """This machine, terminal, Python or file system can't run what was asked for."""


class DirectoryInUseError(UsageError):
    """Another console holds the data directory."""


class NewerDatabaseError(UsageError):
    """A data file was written by a newer version of ibtui."""


class UnknownSymbolError(UsageError):
    """No contract fits the symbol."""


class AmbiguousSymbolError(UsageError):
    """More than one contract of a kind fits the symbol."""


class GatewayUnreachableError(IbtuiError):
    """No usable gateway at the given host and port."""

    exit_code = 3


class LinkDownError(IbtuiError):
    """The request needs a session with the gateway and there is none."""


class RequestTimeoutError(IbtuiError):
    """The gateway did not answer a request in time."""


class RequestRefusedError(IbtuiError):
    """The gateway answered a request with an error.

    Attributes:
        code: IB's message code.
        text: IB's words, control characters removed.
    """

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{text} (IB code {code})")
        self.code = code
        self.text = text


class StorageError(IbtuiError):
    """A data file can't be read or written."""


class JournalError(StorageError):
    """The order journal could not be written; no order may go out."""


class OrderRefusedError(IbtuiError):
    """An order was refused here, before anything was sent."""
