"""Every error that this program raises on purpose, as one tree.

The text of an error is one sentence for a person: what is wrong, where, what to do. It holds no address, because
errors are logged. Errors of other packages stop where that package is used and are chained.
"""

from collections.abc import Mapping


class NotifierError(Exception):
    """Something that this program names; the text is for people."""


class InputError(NotifierError):
    """What a person typed, or a file says, cannot be used.

    sentence, values: for the pages, which say it in their reader's language; a tuple is a list of names.
    """

    def __init__(self, sentence: str = "", **values: object) -> None:
        said = {
            name: " and ".join(each) if isinstance(each, tuple) else each for name, each in values.items()
        }
        super().__init__(sentence % said if said else sentence)
        self.sentence, self.values = sentence, values


class SettingsError(InputError):
    """A setting has a value that cannot be used; the text names the variable and shows an example."""


class AddressError(InputError):
    """Not an e-mail address that mail can be sent to."""


class NctIdError(InputError):
    """Not the id of a study."""


class StoreError(NotifierError):
    """The database cannot be used."""


class SchemaError(StoreError):
    """The database has another schema than this program."""


class DamagedError(StoreError):
    """The database's file is broken; the text says what to do."""


class BusyError(StoreError):
    """Somebody else holds what we need; trying again later can help."""


class RegistryError(NotifierError):
    """The registry gave no answer that can be used."""


class RegistryUnavailable(RegistryError):
    """No usable answer after all tries; the same question may work later."""


class RegistryRefused(RegistryError):
    """The registry says that our question is wrong (400). Asking again cannot help: it is our bug."""


class DataMoved(RegistryError):
    """The registry published new data while its pages were being walked; page tokens die with the old data."""


class RowUnreadable(NotifierError):
    """One stored row holds what today's program cannot read: it is left alone, and named by its id."""


class PostRefused(NotifierError):
    """What was posted to us in a mail provider's name is not believed, or not understood; the same again is neither."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class PostUnproved(NotifierError):
    """Whether a mail provider posted this cannot be told just now; the same may be believed later."""


class RecordUnreadable(RegistryError):
    """One study's record is not what the registry's own description says. The others of its page are not touched."""

    def __init__(self, message: str, nct_id: str | None = None) -> None:
        super().__init__(message)
        self.nct_id = nct_id


class ModelError(NotifierError):
    """The endpoint of the language model gives no answer to anybody: its address, its key, its name or its budget."""


class RenderError(NotifierError):
    """A template, or the data given to it, does not make a mail."""


class UntrueError(RenderError):
    """A mail says what nobody stored. `studies`: of which it does, and what; without those the rest of it can go."""

    def __init__(self, message: str, studies: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.studies = dict(studies or {})


class MailError(NotifierError):
    """The mail server cannot be used at all (connect, TLS, sign-in, sender refused); no message is to blame."""


class TokenError(NotifierError):
    """A link that is not ours, is too old, or was cut on its way."""
