"""The language model that may word a study's plain-language read: any endpoint that speaks as OpenAI's does.

Asks and reads answers; what it wrote is judged elsewhere, and it decides nothing about mails.
"""

from notifier.services.summary_writer.answers import Unusable
from notifier.services.summary_writer.asking import Model, open_client

__all__ = ["Model", "Unusable", "open_client"]
