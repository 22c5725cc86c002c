"""A change in plain words: meaning, the registry's words, old → new, what one can do. Never invents a fact.

Our own sentences come from catalogues; the registry's words stay as they are. Reads no clock and no store.
"""

from notifier.domain.wording.advice import Section, sections
from notifier.domain.wording.catalogue import closest
from notifier.domain.wording.shapes import Line, Mark, Quote, Run, Telling
from notifier.domain.wording.speech import Speech, one_line, shown, speech
from notifier.domain.wording.statements import tell
