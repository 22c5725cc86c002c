"""The client of ClinicalTrials.gov's API v2: its questions, its pace, its retries. It never touches the store.

`client` knows the questions and what is said to them, `http` how one is asked and what an HTTP answer is worth, `searching`
how a subscriber's words become a safe query. Other rooms need only what is here.
"""

from notifier.sources.clinicaltrials_gov.client import DataVersion, Gone, Records, Registry, StudyMoved
from notifier.sources.clinicaltrials_gov.http import Pacer, open_client
from notifier.sources.clinicaltrials_gov.searching import (
    Hits,
    SexSought,
    Sought,
    StudyDoes,
    in_words,
    safe_condition,
)
