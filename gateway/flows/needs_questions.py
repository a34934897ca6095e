"""The questions of the two needs assessments that the desk asks, by their LOINC codes, and the needs that answers tell.

PRAPARE (LOINC 93025-5; NACHC, AAPCHO, OPCA and PCA) and the AHC health-related social needs screening (LOINC 96777-8;
CMS; all ten of its core questions). Codes and texts as in the mapping `case_management/needs_assessment`: what is asked
here and what comes by a workbook look the same, as far as a workbook has a column for it.
LOINC: loinc.org, © Regenstrief Institute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

LOINC = "http://loinc.org"
PRAPARE, AHC = "PRAPARE", "AHC"
TOOLS: Mapping[str, str] = {
    PRAPARE: "http://hl7.org/fhir/us/sdoh-clinicalcare/Questionnaire/SDOHCC-QuestionnairePRAPARE",
    AHC: "http://loinc.org/q/96777-8",
}
"""The questionnaire of each."""

GROUPS: Mapping[str, str] = {
    "/93042-0": "Family and home",
    "/93041-2": "Money and resources",
    "/93039-6": "Optional additional questions",
}
"""The parts of PRAPARE in which its questions stand."""

Answers = Mapping[str, tuple[str, str]]
_DECLINED = {"declined": ("LA30122-8", "I choose not to answer this question")}
_YES, _NO = ("LA33-6", "Yes"), ("LA32-8", "No")
_SAFE: Answers = {"yes": _YES, "no": _NO, "unsure": ("LA14072-5", "Unsure"), **_DECLINED}
_OFTEN: Answers = {
    "often": ("LA28397-0", "Often true"),
    "sometimes": ("LA6729-3", "Sometimes true"),
    "never": ("LA28398-8", "Never true"),
}
_HOUSING, _FOOD, _RIDES = "housing-instability", "food-insecurity", "transportation-insecurity"
_WORK, _HARDSHIP = "employment-status", "material-hardship"
_HOMELESS = (
    "I do not have housing (staying with others, in a hotel, in a shelter, living outside on the street, on a beach, "
    "in a car, or in a park)"
)
_NOT_SEEKING = (
    "Otherwise unemployed but not seeking work (ex: student, retired, disabled, unpaid primary care giver)"
)
_LACK_OF_RIDES = (
    "Has lack of transportation kept you from medical appointments, meetings, work, or from getting things needed for "
    "daily living?"
)
_UNABLE_TO_GET = (
    "In the past year, have you or any family members you live with been unable to get any of the following when it "
    "was really needed?"
)
_FAMILY = "How often does anyone, including family and friends, "
NEVER = "never-at-all"
HOW_OFTEN: Answers = {
    NEVER: ("LA6270-8", "Never"),
    "rarely": ("LA10066-1", "Rarely"),
    "at-times": ("LA10082-8", "Sometimes"),
    "fairly-often": ("LA16644-9", "Fairly often"),
    "frequently": ("LA6482-9", "Frequently"),
}
"""The answers of HITS, which count 1 to 5."""
HITS: Mapping[str, tuple[str, str]] = {
    "hurt": ("95618-5", "physically hurt you?"),
    "insult": ("95617-7", "insult or talk down to you?"),
    "threaten": ("95616-9", "threaten you with harm?"),
    "scream": ("95615-1", "scream or curse at you?"),
}
"""Its four questions (Hurt, Insult, Threaten, Scream)."""
_NO_MEDICAL = "Yes, it has kept me from medical appointments or from getting my medications"
_NO_OTHER = (
    "Yes, it has kept me from non-medical meetings, appointments, work, or from getting things that I need"
)


@dataclass(frozen=True, slots=True)
class Question:
    """One question: its LOINC code and text, its answers by our word, and which need an answer tells.

    `many`: several answers can be given; `parted`: each is a component of the Observation. `about`: the need that its
    Observation is filed under. `is_of_violence`: it is labelled so.
    """

    name: str
    code: str
    text: str
    answers: Answers
    needs: Mapping[str, str] = field(default_factory=dict)
    about: str = ""
    group: str = ""
    many: bool = False
    parted: bool = False
    is_of_violence: bool = False

    @property
    def link_id(self) -> str:
        """Its place in the questionnaire."""
        return f"{self.group}/{self.code}"


_PRAPARE = (
    Question(
        "housing",
        "71802-3",
        "Housing status",
        {"has-housing": ("LA30189-7", "I have housing"), "no-housing": ("LA30190-5", _HOMELESS), **_DECLINED},
        {"no-housing": _HOUSING},
        _HOUSING,
        "/93042-0",
    ),
    Question(
        "housing_worry",
        "93033-9",
        "Are you worried about losing your housing?",
        {"yes": _YES, "no": _NO, **_DECLINED},
        {"yes": _HOUSING},
        _HOUSING,
        "/93042-0",
    ),
    Question(
        "employment",
        "67875-5",
        "Employment status current",
        {
            "unemployed": ("LA17956-6", "Unemployed"),
            "part-time": ("LA30138-4", "Part-time or temporary work"),
            "full-time": ("LA30136-8", "Full-time work"),
            "not-seeking": ("LA30137-6", _NOT_SEEKING),
            **_DECLINED,
        },
        {"unemployed": _WORK},
        _WORK,
        "/93041-2",
    ),
    Question(
        "transport",
        "93030-5",
        _LACK_OF_RIDES,
        {
            "medical": ("LA30133-5", _NO_MEDICAL),
            "other": ("LA30134-3", _NO_OTHER),
            "no": _NO,
            "cannot-say": ("LA30257-2", "Patient unable to respond"),
            **_DECLINED,
        },
        {"medical": _RIDES, "other": _RIDES},
        _RIDES,
        "/93041-2",
        many=True,
    ),
    Question(
        "needs",
        "93031-3",
        _UNABLE_TO_GET,
        {
            "food": ("LA30125-1", "Food"),
            "clothing": ("LA30126-9", "Clothing"),
            "utilities": ("LA30124-4", "Utilities"),
            "child-care": ("LA30127-7", "Child care"),
            "health-care": (
                "LA30128-5",
                "Medicine or Any Health Care (Medical, Dental, Mental Health, Vision)",
            ),
            "phone": ("LA30129-3", "Phone"),
            "something-else": ("LA46-8", "Other"),
            **_DECLINED,
        },
        {
            "food": _FOOD,
            "health-care": "treatment",
            **dict.fromkeys(("clothing", "utilities", "child-care", "phone", "something-else"), _HARDSHIP),
        },
        _HARDSHIP,
        "/93041-2",
        many=True,
        parted=True,
    ),
    Question(
        "safe_home",
        "93026-3",
        "Do you feel physically and emotionally safe where you currently live?",
        _SAFE,
        group="/93039-6",
        is_of_violence=True,
    ),
    Question(
        "partner_fear",
        "76501-6",
        "Within the last year, have you been afraid of your partner or ex-partner?",
        _SAFE,
        group="/93039-6",
        is_of_violence=True,
    ),
)
_AHC = (
    Question(
        "living",
        "71802-3",
        "Housing status",
        {
            "steady": ("LA31993-1", "I have a steady place to live"),
            "worried": (
                "LA31994-9",
                "I have a place to live today, but I am worried about losing it in the future",
            ),
            "not-steady": ("LA31995-6", "I do not have a steady place to live"),
        },
        {"worried": _HOUSING, "not-steady": _HOUSING},
        _HOUSING,
    ),
    Question(
        "home_trouble",
        "96778-6",
        "Think about the place you live. Do you have problems with any of the following?",
        {
            "pests": ("LA31996-4", "Pests such as bugs, ants, or mice"),
            "mold": ("LA28580-1", "Mold"),
            "lead": ("LA31997-2", "Lead paint or pipes"),
            "no-heat": ("LA31998-0", "Lack of heat"),
            "stove": ("LA31999-8", "Oven or stove not working"),
            "smoke-detector": ("LA32000-4", "Smoke detectors missing or not working"),
            "leaks": ("LA32001-2", "Water leaks"),
            "none": ("LA9-3", "None of the above"),
        },
        dict.fromkeys(("pests", "mold", "lead", "no-heat", "stove", "smoke-detector", "leaks"), _HOUSING),
        _HOUSING,
        many=True,
        parted=True,
    ),
    Question(
        "food_worry",
        "88122-7",
        "Within the past 12 months we worried whether our food would run out before we got money to buy more",
        _OFTEN,
        {"often": _FOOD, "sometimes": _FOOD},
        _FOOD,
    ),
    Question(
        "food_lasted",
        "88123-5",
        "Within the past 12 months the food we bought just didn't last and we didn't have money to get more",
        _OFTEN,
        {"often": _FOOD, "sometimes": _FOOD},
        _FOOD,
    ),
    Question("rides", "93030-5", _LACK_OF_RIDES, {"yes": _YES, "no": _NO}, {"yes": _RIDES}, _RIDES),
    Question(
        "shut_off",
        "96779-4",
        "In the past 12 months has the electric, gas, oil, or water company threatened to shut off services in your "
        "home?",
        {"yes": _YES, "no": _NO, "already-off": ("LA32002-0", "Already shut off")},
        dict.fromkeys(("yes", "already-off"), _HARDSHIP),
        _HARDSHIP,
    ),
    *(
        Question(name, code, f"{_FAMILY}{what}", HOW_OFTEN, is_of_violence=True)
        for name, (code, what) in HITS.items()
    ),
)
QUESTIONS: Mapping[str, tuple[Question, ...]] = {PRAPARE: _PRAPARE, AHC: _AHC}
"""The questions of each assessment, in order."""
