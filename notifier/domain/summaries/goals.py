"""What something that is tried is to do, by its main measure: "lower blood sugar in people with type 2 diabetes".

Said in questions and behind "whether" alone, so that nothing is claimed. Where a record may mean the opposite, there is none.
"""

import re
from collections.abc import Callable

from notifier.domain.study import Study
from notifier.domain.wording import one_line


def n_(message: str) -> str:
    """Marks a sentence for the catalogues; it is said later."""
    return message


_LONGER = n_("help %(people)s to live longer")
_CONTROL = n_("keep the illness under control in %(people)s")
_AWAY = n_("keep the illness from coming back in %(people)s")
_SUGAR = n_("lower the blood sugar of %(people)s")
_MANAGE = n_("help %(people)s to manage in daily life")
#: By the measure in plain words.
_GOALS = {
    "how long people live": _LONGER,
    "how many people are alive after a set time": _LONGER,
    "how long the illness stays under control": _CONTROL,
    "in how many people the illness is under control after a set time": _CONTROL,
    "how often the illness stays under control where it was treated": _CONTROL,
    "how often the illness is kept under control": _CONTROL,
    "how long people live without the illness coming back or getting worse": _AWAY,
    "how many people live without the illness coming back, up to a set time": _AWAY,
    "how often it comes back": _AWAY,
    "how often the illness flares up": n_("keep the illness from flaring up in %(people)s"),
    "how often the illness gets less or goes away": n_("make the illness less or go away in %(people)s"),
    "how large the tumour is": n_("shrink the tumour of %(people)s"),
    "how often signs of the illness go away": n_("make the signs of the illness go away in %(people)s"),
    "how often little or no cancer is left when tissue is looked at": n_(
        "make most or all of the cancer go away in %(people)s"
    ),
    "how often no cancer cells can be found any more": n_("clear the last cancer cells in %(people)s"),
    "how strong the signs of the illness are": n_("ease the signs of the illness in %(people)s"),
    "how strong the pain is": n_("ease the pain of %(people)s"),
    "how much back pain limits daily life": n_("ease the back pain of %(people)s"),
    "how much neck pain limits daily life": n_("ease the neck pain of %(people)s"),
    "how much headaches limit daily life": n_("ease the headaches of %(people)s"),
    "how much strong pain medicine people need": n_("spare %(people)s strong pain medicine"),
    "how often attacks come": n_("make attacks rarer in %(people)s"),
    "how high blood sugar has been over the past months": _SUGAR,
    "how high blood sugar is": _SUGAR,
    "how much of the time blood sugar is where it should be": n_(
        "keep the blood sugar of %(people)s where it should be"
    ),
    "how often blood sugar falls too low": n_("keep the blood sugar of %(people)s from falling too low"),
    "how well the body responds to insulin": n_("help the body of %(people)s to respond to insulin"),
    "how much insulin people need": n_("lower how much insulin %(people)s need"),
    "how much insulin the body still makes": n_("keep up the body’s own insulin in %(people)s"),
    "how many people get diabetes": n_("keep %(people)s from getting diabetes"),
    "how much people weigh": n_("help %(people)s to lose weight"),
    "how wide people are around the waist": n_("help %(people)s to lose weight"),
    "how high blood pressure is": n_("lower the blood pressure of %(people)s"),
    "how often blood pressure falls too low": n_(
        "keep the blood pressure of %(people)s from falling too low"
    ),
    "how much fat is in the blood": n_("lower the fat in the blood of %(people)s"),
    "how well the kidneys work": n_("keep the kidneys of %(people)s working"),
    "how many people come to kidney failure": n_("spare %(people)s kidney failure"),
    "how much fat or scarring is in the liver": n_("lower the fat or scarring in the liver of %(people)s"),
    "how often heart attacks, strokes or other grave trouble of heart and vessels happen": n_(
        "keep %(people)s from heart attacks, strokes and the like"
    ),
    "how well the heart pumps": n_("help the heart of %(people)s to pump"),
    "how often a widened vessel closes again or has to be treated again": n_(
        "keep vessels open in %(people)s"
    ),
    "how often blood clots form": n_("keep %(people)s from getting blood clots"),
    "how much people bleed, or need blood": n_("lessen the bleeding of %(people)s"),
    "how many get an infection of the wound": n_("keep %(people)s from getting an infected wound"),
    "how many get an infection": n_("keep %(people)s from getting an infection"),
    "how well wounds heal": n_("help the wounds of %(people)s to heal"),
    "whether bones grow together": n_("help the bones of %(people)s to grow together"),
    "how strong bones are, or how often they break": n_("keep the bones of %(people)s strong"),
    "how often people need another operation": n_("spare %(people)s another operation"),
    "how often a part of the body has to be taken off": n_("spare %(people)s an amputation"),
    "how often problems come up after the treatment or operation": n_(
        "spare %(people)s problems after the treatment"
    ),
    "how long people stay in hospital": n_("shorten the stay in hospital of %(people)s"),
    "how often people have to go to hospital": n_("keep %(people)s out of hospital"),
    "how many feel sick or vomit": n_("keep %(people)s from feeling sick and vomiting"),
    "how well people feel in daily life (quality of life)": n_("help %(people)s to feel better in daily life"),
    "how well people manage in daily life": _MANAGE,
    "how well nerves and spine work in daily life": _MANAGE,
    "how well people get on with a sore hip or knee": _MANAGE,
    "how well people can use arm and hand": n_("help %(people)s to use arm and hand"),
    "how well people sleep": n_("help %(people)s to sleep better"),
    "how tired people are": n_("make %(people)s less tired"),
    "how strong signs of depression are": n_("ease signs of depression in %(people)s"),
    "how strong anxiety is": n_("ease the anxiety of %(people)s"),
    "how strong anxiety and signs of depression are": n_(
        "ease anxiety and signs of depression in %(people)s"
    ),
    "how strong signs of stress after bad experiences are": n_("ease the strain of %(people)s"),
    "how much strain people feel": n_("ease the strain of %(people)s"),
    "how much diabetes weighs on people's minds": n_("ease the strain of %(people)s"),
    "how many stop": n_("help %(people)s to stop"),
    "how well people think and remember": n_("help %(people)s to think and remember"),
    "how well people walk": n_("help %(people)s to walk better"),
    "how well people move": n_("help %(people)s to move better"),
    "how well people keep their balance": n_("help %(people)s to keep their balance"),
    "how far a joint or part of the body can be moved": n_("help %(people)s to move more freely"),
    "how strong muscles are": n_("make %(people)s stronger"),
    "how much effort the body can make": n_("make %(people)s fitter"),
    "how much people move": n_("help %(people)s to move more"),
    "how well the lungs work": n_("help the lungs of %(people)s to work"),
    "how well asthma is under control": n_("keep asthma under control in %(people)s"),
    "how well people see": n_("help %(people)s to see better"),
    "how high the pressure in the eye is": n_("lower the pressure in the eye of %(people)s"),
    "how much of the skin is affected, and how badly": n_("clear the skin of %(people)s"),
    "how strong itching and hives are": n_("ease the itching and hives of %(people)s"),
    "how strong the itching is": n_("ease the itching of %(people)s"),
    "how strong the signs of hay fever are": n_("ease the hay fever of %(people)s"),
    "how strong the signs are, and how much medicine people need against them": n_(
        "ease the signs of the illness in %(people)s"
    ),
    "how large the polyps in the nose are": n_("shrink the polyps in the nose of %(people)s"),
    "how strong the inflammation is": n_("lower the inflammation of %(people)s"),
    "how active the inflamed joints are": n_("calm the inflamed joints of %(people)s"),
    "whether people can take it without an allergic reaction": n_(
        "let %(people)s take more without an allergic reaction"
    ),
    "how often transplanted cells attack the body": n_(
        "keep transplanted cells from attacking the body of %(people)s"
    ),
    "how often the body rejects the transplant": n_("keep the body of %(people)s from rejecting a transplant"),
    "how well people swallow": n_("help %(people)s to swallow"),
    "how sore mouth or gut gets": n_("spare %(people)s a sore mouth or gut"),
    "how well people hear": n_("keep the hearing of %(people)s"),
    "how well people recover after an operation": n_("help %(people)s to recover"),
    "how many become pregnant": n_("help %(people)s to become pregnant"),
    "how restless people are": n_("calm %(people)s"),
}  # fmt: skip
_CANCER = re.compile(
    r"cancer|carcinoma|tumou?r|sarcoma|melanoma|glioma|blastoma|neoplasm|malignan|metasta|NSCLC|mesothelioma",
    re.IGNORECASE,
)
_BLOOD = re.compile(r"leuk(?:a)?emia|lymphoma|myeloma|myelodysplas|h(?:a)?ematologic", re.IGNORECASE)
#: In the words of the record: where one of these stands, the measure may be meant to go the other way.
_OTHERWISE: dict[str, str] = {
    _SUGAR: r"hypo-?glyc|low blood sugar|glucagon(?! like|-like)|insulinoma",
    "how much people weigh": r"anorexia|cachexia|malnutr|underweight|cystic fibrosis|weight gain|preterm|\bnewborn|infants|child growth|dystrophy|cancer",
    "how high blood pressure is": r"hypotens|shock|spinal an",
    "how many get an infection": r"treat\w* (?:of )?(?:\w+ ){0,3}infection|osteomyelitis|sepsis|pneumonia|covid",
}
_SHRINKS = n_("shrink the cancer of %(people)s or make it go away")


def goal_of(study: Study, plain: str, say: Callable[..., str], people: str) -> str:
    """The goal of something that is tried by a measure in plain words; empty where none is sure. people: who they are."""
    message = _GOALS.get(plain, "")
    told = f"{study.brief_title or ''} {study.official_title or ''} {' '.join((*study.conditions[:60], *study.keywords[:60]))}"
    otherwise = _OTHERWISE.get(plain) or _OTHERWISE.get(message)
    if not message or (otherwise and re.search(otherwise, one_line(told), re.IGNORECASE)):
        return ""
    if (
        plain == "how often the illness gets less or goes away"
        and _CANCER.search(told)
        and not _BLOOD.search(told)
    ):
        message = _SHRINKS
    return say(message, people=people)
