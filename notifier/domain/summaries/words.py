"""Everyday words: what a model may say without finding it in the record. Owns the list, and how forms of a word are known.

On purpose there is no illness, part of the body, drug, substance, treatment, place or number among them: those must
stand in the record, and a word that is in neither makes a text unusable.
"""

import re
from collections.abc import Iterable
from functools import cache, lru_cache

from notifier.domain.wording.catalogue import sentences
from notifier.domain.wording.vocabulary import words_in

_PLACES = re.compile(r"%\((\w+)\)s")
_EVERYDAY = """
a able about above accept access according account across act active actual add adult advance advice affect after
afterwards again against age ago agree aim all allow almost alone along already also although always am among amount an
and another answer any anybody anyone anything anyway anywhere appear apply approach appropriate approve are area around
arrange arrive as ask asked assess assign at attend attempt available average avoid aware away
address alike alright altogether answers anyhow apart arise aside attention
back bad balance base based basic basis be became because become before began begin behaviour behind being believe belong
below beside besides best better between beyond big bit both bring broad brought build but buy by
call came can cannot care careful carer carry case cause centre certain chance change check child choice choose chose
chosen clear clearly clinic clinical close collect combine come comfort comment common community company compare
comparison complete concern condition confirm connect cope consent consider contact contain continue control cost could count
country couple course cover create current currently cut
daily data date day deal decide decision deep define degree delay deliver depend describe description design despite
detail determine develop device did differ difference different differently difficult direct discover discuss do doctor
does doing don done doesn down drop drug due during drink
each earlier early ease easier easily easy eat either else elsewhere end enough enrol enroll enter entire entry equal
especially establish estimate even ever every everybody everyone everything everywhere exact exactly examine example
except exclude exist expand expect experience explain explore extend extra
face fact factor fail fair fall family far fast faster feel felt few fewer figure fill final finally find finding fine
finish first fit fix focus follow for force form former forward found free frequent friend from front full fully further
future
gain gap gather gave general generally get give given go goal goes going gone good got grade great greater group grow
guide guideline
had half-way hand handle happen hard has have having he hear held help her here herself high higher him himself his hold
home hospital hour how however
idea identify if illness impact important improve in include including increase indeed independent inform information
instead intend interest into introduce invite involve is isn issue it its itself
job join joined judge just
keep kept key kind knew know knowledge known
lack large larger last late lately later lead leader learn least leave left length less let level life like likely limit line
link list little live local long longer look lose lost lot low lower
made main mainly maintain major make making manage many mark match matter may maybe mean meant measure measurement medical
medicine meet meeting member men mention met method middle might mind minute miss mix moment monitor month monthly more
most mostly move much must
name namely narrow near nearly necessary need negative neither never new next no nobody none nor normal normally not note
nothing notice now nowhere number nurse
observational observe obvious occur of off offer office official often old older on once one ones only onto open or order
organisation organise original other others otherwise our ours out outcome outside over overall own
paper parent part participant participate particular partly partner pass past patient pattern pay people per perform
perhaps period person personal phase phone physical physician pick piece place placebo plan planned play please point
poor popular position positive possible possibly post power practice precise prepare present prevent previous previously
price primary prior probably problem procedure process produce product professional programme program progress project
proper protect provide public publish purpose put
quality question quick quickly quite
raise random randomised randomly range rate rather reach react read ready real really reason receive recent recently
recommend record recruit reduce refer regard register registry regular regularly relate related relation release rely
remain remember remove repeat replace reply report represent request require research researcher respond response rest
result results return review right risk role routine rule run
same sample saw say scale schedule science scientific scientist score second see seek seem seen select send sense sent
separate serious series serve service set several severe she short should show shown side similar simple simply since single sit sleep site
size slightly slow slower small smaller so social society some somebody someone something sometimes somewhere soon sort
source space speak special specific spend sponsor staff stage standard start state status stay step still stop story
strong student study style subject success successful such sudden suffer suggest suit suitable summary supply support
suppose sure survey symptom system
table take taken talk target task teach team technique technology tell term test than that the their them themselves
then there therefore these they thing think this those though thought through throughout thus time title to today
together told tolerate tomorrow tool top total toward towards track tradition traditional train training travel treat
treated treatment trial tried true truth try turn type typical typically
uncertain unclear under understand unit unknown unless unlike unlikely until unusual up update upon us use used useful
user usual usually
value varied various vary very via view visit volunteer
wait walk want warn was watch weak way we week weekly well went were what whatever when whenever where whether which while who
whoever whole whom whose why wide widely will wish with within without woman women won wonder word work worker world worry
worse worth would wouldn write written wrong
year yearly yes yet you young younger your yourself
adults approaches approved aren benefit benefits children confirmed consented couldn didn doctors effect effects enrolled
followed hasn haven investigate investigator lives masked masking measured medicines mustn nurses observed paused procedures
purposes questionnaire questions randomization randomisation randomized safety samples scheduled shouldn sponsors studies
teams therapies therapy unwanted visits wasn weren
"""
_ENDINGS = (
    ("ies", "y"),
    ("ied", "y"),
    ("ier", "y"),
    ("iest", "y"),
    ("es", ""),
    ("s", ""),
    ("ed", ""),
    ("d", ""),
    ("ing", ""),
    ("ing", "e"),
    ("er", ""),
    ("r", ""),
    ("est", ""),
    ("ly", ""),
)
_SHORTEST = 3  # letters of a stem
#: Plain words that say what a word of the trade in the record says: with it on record, they are on record.
PLAIN_FOR = {
    "abdominal": "belly",
    "adolescent": "teenager",
    "analgesia": "pain",
    "analgesic": "pain",
    "cardiac": "heart",
    "cardiovascular": "heart blood vessel",
    "carcinoma": "cancer",
    "cerebral": "brain",
    "cutaneous": "skin",
    "dermatitis": "skin",
    "gastric": "stomach",
    "glucose": "sugar",
    "hepatic": "liver",
    "hepatocellular": "liver",
    "hypertension": "high blood pressure",
    "imaging": "scan picture",
    "infusion": "drip",
    "insomnia": "sleep",
    "intravenous": "vein drip",
    "intravenously": "vein drip",
    "lymphoma": "cancer",
    "malignancy": "cancer",
    "malignant": "cancer",
    "melanoma": "skin cancer",
    "metastatic": "spread cancer",
    "myocardial": "heart",
    "neonatal": "newborn baby",
    "neoplasm": "tumour",
    "nsclc": "lung cancer",
    "obesity": "weight",
    "ocular": "eye",
    "oncology": "cancer",
    "ophthalmic": "eye",
    "oral": "mouth",
    "orally": "mouth",
    "paediatric": "child children",
    "pediatric": "child children",
    "postoperative": "after surgery operation",
    "postpartum": "birth",
    "prenatal": "birth pregnant",
    "pulmonary": "lung",
    "radiotherapy": "radiation",
    "renal": "kidney",
    "subcutaneous": "skin injection",
    "subcutaneously": "skin injection",
    "surgical": "surgery operation",
    "tomography": "scan",
    "vascular": "blood vessel",
}
#: Numbers in words must stand in the record like those in digits, though sentences of ours use some.
_TO_TWENTY = """
two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty
"""
_TENS = "thirty forty fifty sixty seventy eighty ninety"
NUMBERS = {
    **{word: str(number) for number, word in enumerate(_TO_TWENTY.split(), start=2)},
    **{word: f"{ten}0" for ten, word in enumerate(_TENS.split(), start=3)},
}
_COUNTING = frozenset(
    {
        *NUMBERS,
        "half",
        "third",
        "fourth",
        "fifth",
        "quarter",
        "double",
        "twice",
        "dozen",
        "hundred",
        "thousand",
    }
)
#: What is left of "doesn't" and "it's" where the apostrophe parts them.
_REMAINS = frozenset({"t", "s", "d", "ll", "re", "ve", "m"})
#: British and American spellings are one word.
_SPELLINGS = (("isation", "ization"), ("ise", "ize"), ("ising", "izing"), ("our", "or"), ("aem", "em"))


def forms(word: str) -> frozenset[str]:
    """The word and what may be its stem, in one spelling: 'studies' is also 'study'."""
    plain = word.casefold()
    for british, american in _SPELLINGS:
        plain = plain.replace(british, american)
    found = {plain}
    for ending, instead in _ENDINGS:
        if plain.endswith(ending) and len(plain) - len(ending) + len(instead) >= _SHORTEST:
            stem = plain[: -len(ending)] + instead
            found.add(stem)
            if not instead and stem[-2:-1] == stem[-1:]:  # 'stopped' is 'stop'
                found.add(stem[:-1])
    return frozenset(found)


def forms_of(words: Iterable[str]) -> frozenset[str]:
    """All forms of all these words."""
    return frozenset(form for word in words for form in forms(word))


def on_record(words: Iterable[str]) -> frozenset[str]:
    """All forms of the record's words, and of the plain words for them."""
    found = frozenset(word.casefold() for word in words)
    plain = (word for trade, said in PLAIN_FOR.items() if trade in found for word in said.split())
    return forms_of([*found, *plain])


@lru_cache(maxsize=2_000)
def is_everyday(word: str) -> bool:
    """Whether anybody may say it of any study."""
    if word.casefold() in _REMAINS:
        return True
    return word.casefold() not in _COUNTING and not _everyday().isdisjoint(forms(word))


@cache
def _everyday() -> frozenset[str]:
    """The list, and the words of our own sentences."""
    own = (_PLACES.sub(" ", text) for text in sentences("en"))
    ours = {word.casefold() for text in own for word in words_in(text)} - _COUNTING
    return forms_of([*_EVERYDAY.split(), *ours])
