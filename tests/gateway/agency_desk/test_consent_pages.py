"""The first page and the consent desk in a browser: what is to do leads on, and what is read is what is signed."""

from __future__ import annotations

import json
import re
import shutil
from html import unescape
from pathlib import Path

import httpx
import pytest

from gateway.agency_desk.own_pages import WORDS
from gateway.agency_desk.phrases import CATALOGUE
from gateway.cli.services_command import import_services
from gateway.partners.services import FILE
from gateway.wiring.network_folder import make_network_folder
from tests.gateway.agency_desk.conftest import Browser
from tests.gateway.county import County

HER = "Maribel Testperson"
ANA = "Ana Ruiz"
PIN = "493817"


class Counter(Browser):
    """A worker of the hospital's consent desk."""

    def link(self, name: str = ANA, partner: str = "hospital") -> tuple[str, str]:
        """Path and code of a new link."""
        return super().link(name, partner)

    def follow(self, text: str) -> None:
        """Open the first link that reads so."""
        found = re.search(rf'<a[^>]*href="([^"]+)"[^>]*>\s*{re.escape(text)}', self.page.text)
        assert found is not None, text
        self.get(unescape(found[1]))

    def fill(self, action: str, **said: str) -> None:
        """Send the form of the page that goes to an address with that ending, as a browser would."""
        forms = re.findall(r'<form[^>]*action="([^"]+)">(.*?)</form>', self.page.text, re.DOTALL)
        (path, body), *_ = [one for one in forms if one[0].endswith(action)]
        fields: dict[str, str] = {}
        for tag in re.findall(r"<input[^>]*>", body):
            known = {key: unescape(value) for key, value in re.findall(r'([a-z]+)="([^"]*)"', tag)}
            if known.get("type") != "checkbox" or " checked" in tag:
                fields[known["name"]] = known.get("value", "")
        for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', body, re.DOTALL):
            chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
            assert chosen is not None
            fields[name] = chosen[1]
        self.post(path, {**fields, **said})

    def sign(self, **said: str) -> httpx.Response:
        """From what is read: the tablet is handed over, she signs, and gives it back."""
        self.fill("/hand-over", pin=PIN)
        self.fill("/sign/", name=HER, agree="yes", **said)
        signed = self.page
        self.take_back()
        return signed

    def take_back(self, code: str = PIN) -> httpx.Response:
        """The worker takes the tablet."""
        self.get("/sign/back")
        self.fill("/sign/back", code=code)
        return self.page


@pytest.fixture
def county_desk(county: County) -> County:
    """A referral of hers waits for a permission; the hospital's desk takes consents."""
    county.change_partner("hospital", desk=("consents",))
    county.refer()
    county.refused()
    return county


@pytest.fixture
def counter(county_desk: County) -> Counter:
    """Ana has come in."""
    made = Counter(county_desk)
    made.log_in()
    return made


def read(counter: Counter, **more: str) -> None:
    """From the first page to what is read before signing."""
    counter.get()
    counter.follow(HER)
    counter.follow("Read and choose together")
    counter.fill("/read", **more)


@pytest.mark.requirement("P2-31-04", "P2-31-10")
def test_from_the_list_to_a_signed_permission_and_the_referral_is_on_its_way(
    county_desk: County, counter: Counter
) -> None:
    first = counter.get().text
    assert HER in first and "Sunrise Opioid Treatment Program" in first and "Ask for a permission" in first

    counter.follow(HER)
    assert "To send it, Maribel Testperson would need to permit: Sunrise Opioid" in counter.page.text
    counter.follow("Read and choose together")
    assert counter.page.text.count(" checked") >= 3, "filled in from what waits"
    counter.fill("/read")
    page = unescape(counter.page.text)
    assert "Sunrise Opioid Treatment Program would see: your name and contact" in page
    assert "Who will not see anything" in page and "Desert Housing" in page
    assert "You may withdraw this at any time" in page, "the statements are read before signing"
    assert county_desk.records("Consent") == ()
    counter.sign()

    assert "Signed. It counts from now on." in counter.page.text
    assert [one.state for one in county_desk.intents()] == ["due"]
    counter.follow("Back to their permissions")
    counter.follow("Print a copy")
    copy = unescape(counter.page.text)
    assert "Signed at: April 11, 2026, 08:00 MST" in copy and "until October 8, 2026" in copy
    assert "Signed by typing the name: Maribel Testperson" in copy and "42 CFR part 2 prohibits" in copy
    county_desk.deliver()
    assert HER not in counter.get().text


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"agree": ""}, "NAME_DIFFERS"),
        ({"name": "Mary"}, "NAME_DIFFERS"),
        ({"token": "x"}, "FORM_TOKEN"),
    ],
)
def test_what_was_not_agreed_to_is_not_signed(
    county_desk: County, counter: Counter, said: dict[str, str], code: str
) -> None:
    read(counter)
    counter.fill("/hand-over", pin=PIN)
    counter.fill("/sign/", **{"name": HER, "agree": "yes", **said})
    assert counter.page.status_code in (400, 403) and code in counter.page.text
    assert county_desk.records("Consent") == ()


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"until": "2026-10-10"}, "FORM_CHANGED"),
        ({"see.housing.plan": "yes"}, "FORM_CHANGED"),
        ({"pin": "12345"}, "PIN_INVALID"),
        ({"pin": "one two three"}, "PIN_INVALID"),
    ],
)
def test_what_was_not_read_is_not_handed_over(
    county_desk: County, counter: Counter, said: dict[str, str], code: str
) -> None:
    read(counter)
    counter.fill("/hand-over", **{"pin": PIN, **said})
    assert counter.page.status_code in (400, 409) and code in counter.page.text
    assert "Please read this before you sign" in counter.page.text, (
        "what was chosen is there to be read and handed over"
    )
    assert county_desk.records("DocumentReference") == ()


def test_what_was_chosen_stays_when_a_service_is_looked_for_or_something_is_missing(
    county_desk: County, counter: Counter, tmp_path: Path
) -> None:
    directory = tmp_path / "services.json"
    shelter = {"id": "s", "name": "Night Shelter", "status": "active", "description": "A bed for tonight"}
    directory.write_text(json.dumps([{**shelter, "organization": {"id": "o", "name": "Desert Housing"}}]))
    made = tmp_path / "own"
    make_network_folder(made, "http://127.0.0.1:9/fhir")
    assert import_services(made, directory) == 0
    shutil.copy(made / FILE, county_desk.folder.path / FILE)
    counter.get()
    counter.follow(HER)
    counter.follow("Read and choose together")
    ticks = {"see.housing.contact": "yes", "for.COC": "yes", "event": "the lease is signed"}
    counter.fill("/read", **ticks, until="")
    page = unescape(counter.page.text)
    assert counter.page.status_code == 400 and CATALOGUE["en"]["error_DAY_INVALID"] in page
    assert all(f'name="{name}" value="yes" checked' in page for name in list(ticks)[:2]), "nothing is lost"

    form = {"token": counter.hidden("token"), **ticks, "sought.need": "bed", "sought.place": ""}
    address = f"/agency/consents/{county_desk.patient_id}/choose"
    page = unescape(counter.post(address, form).text)
    assert "Night Shelter" in page and "Found: 1." in page
    assert all(f'name="{name}" value="yes" checked' in page for name in list(ticks)[:2])
    assert page.index("Desert Housing") < page.index("Canyon Legal Aid"), "who offers it stands first"
    assert 'value="the lease is signed"' in page
    counter.fill("/read", **ticks, event_owner="Kim Lee")
    assert "Please read this before you sign" in counter.page.text
    assert "sought.need" not in counter.page.text, "what was looked for goes no further"
    counter.fill("/choose")
    assert f'name="{next(iter(ticks))}" value="yes" checked' in counter.page.text, "and back again"


@pytest.mark.requirement("P2-31-14")
def test_proceedings_are_no_purpose_of_this_desk(county_desk: County, counter: Counter) -> None:
    read(counter, **{"for.HLEGAL": "yes"})
    assert CATALOGUE["en"]["error_PURPOSE_MISSING"] in counter.page.text
    assert "for.HLEGAL" not in counter.page.text


def test_a_second_click_signs_nothing_more(county_desk: County, counter: Counter) -> None:
    read(counter)
    counter.fill("/hand-over", pin=PIN)
    before = counter.page
    counter.fill("/sign/", name=HER, agree="yes")
    counter.page = before
    counter.fill("/sign/", name=HER, agree="yes")
    assert "DRAFT_OVER" in counter.page.text
    assert len(county_desk.records("Consent")) == 1


def test_a_friend_she_chooses_is_named(county_desk: County, counter: Counter) -> None:
    read(counter, **{"friend.0.name": "Luz, her <b>aunt</b>", "friend.0.see.appointments": "yes"})
    assert "Luz, her &lt;b&gt;aunt&lt;/b&gt;" in counter.page.text and "<b>aunt" not in counter.page.text
    counter.sign()
    assert len(county_desk.records("Consent")) == 2 and len(county_desk.records("RelatedPerson")) == 1


@pytest.mark.requirement("P2-31-12")
def test_she_takes_it_back_by_word_and_then_in_writing(county_desk: County, counter: Counter) -> None:
    read(counter)
    counter.sign()
    counter.follow("Back to their permissions")
    counter.fill("/withdraw")
    assert "Stopped now. Please get it in writing." in counter.page.text
    assert county_desk.records("Consent")[0].resource["status"] == "inactive"
    counter.fill("/written")
    assert "They take this back" not in counter.page.text and "It is in writing now" not in counter.page.text


def test_she_says_no_and_is_not_asked_again(county_desk: County, counter: Counter) -> None:
    counter.follow(HER)
    counter.fill("/no", days="90")
    assert HER not in counter.page.text and "Nothing waits for you now" in counter.page.text
    assert [one.state for one in county_desk.intents()] == ["held"]


def test_somebody_without_a_file_is_written_down_first(county_desk: County, counter: Counter) -> None:
    counter.get("/agency/consents/")
    counter.fill("/find", given="Lena", family="Ortiz", born="1990-02-28")
    assert "We did not find one person" in counter.page.text
    counter.fill("/register", phone="602-555-0177")
    assert "<h1>Lena Ortiz</h1>" in counter.page.text
    counter.fill("/read", **{"see.housing.contact": "yes", "for.COC": "yes"})
    assert "Desert Housing would see: your name and contact" in counter.page.text
    counter.fill("/hand-over", pin=PIN)
    counter.fill("/sign/", name="lena ortiz", agree="yes")
    assert "Signed." in counter.page.text


def test_a_client_is_found_and_a_namesake_is_not(county_desk: County, counter: Counter) -> None:
    counter.get("/agency/consents/")
    counter.fill("/find", given="Maribel", family="Testperson", born="1996-04-17")
    assert "Is this the person?" in counter.page.text
    counter.get("/agency/consents/")
    counter.fill("/find", given="Maribel", family="Testperson", born="1990-01-01")
    assert "Is this the person?" not in counter.page.text and "1996" not in counter.page.text


def test_nothing_of_the_consent_desk_without_the_right(county_desk: County, counter: Counter) -> None:
    read(counter)
    county_desk.change_partner("hospital", desk=("clients",))
    for path in ("consents/", f"consents/{county_desk.patient_id}", "consents/requests/x"):
        assert counter.get(f"/agency/{path}").status_code == 404
    assert HER not in counter.get().text


def test_another_organization_finds_nothing_at_her_address(county_desk: County) -> None:
    county_desk.change_partner("psychiatry", desk=("consents",))
    other = Counter(county_desk)
    path, code = other.link("Kim", "psychiatry")
    other.post(path, {"code": code})
    (held,) = county_desk.intents("held")
    for place in (county_desk.patient_id, f"requests/{held.id}", f"{county_desk.patient_id}/papers/x"):
        answer = other.get(f"/agency/consents/{place}")
        assert answer.status_code == 404 and HER not in answer.text and "Sunrise" not in answer.text


def test_the_desk_speaks_spanish(county_desk: County, counter: Counter) -> None:
    counter.post("/agency/language", {"language": "es"})
    counter.get()
    counter.follow(HER)
    counter.follow("Leer y elegir juntos")
    counter.fill("/read")
    assert (
        "vería: su nombre y contacto" in counter.page.text
        and "Usted puede retirar este permiso" in counter.page.text
        and "Hasta cuándo: del 11 de abril de 2026 al 8 de octubre de 2026" in counter.page.text
    )


def test_plain_words_are_read_at_grade_eight_or_below() -> None:
    """Flesch-Kincaid grade over the English sentences of the catalogue (Kincaid et al. 1975)."""
    texts = [text for text in CATALOGUE["en"].values() if len(text.split()) > 3]
    words = [word for text in texts for word in re.findall(r"[A-Za-z']+", text)]
    sentences = sum(max(1, len(re.findall(r"[.!?:](?:\s|$)", text))) for text in texts)
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", word.lower().removesuffix("e")))) for word in words)
    grade = 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59
    assert grade < 8


def syllables(word: str) -> int:
    """Of a Spanish word: its vowels, a weak one beside a strong one not counted, nor the silent u of que and gui."""
    sounds = re.sub(r"(?<=[qg])u(?=[eiéí])", "", word.lower())
    return max(1, len(re.findall(r"[íú]|[iuüy]?[aeoáéó][iuü]?|[iuü]+", sounds)))


def test_spanish_words_are_as_easy_as_a_newspaper_or_easier() -> None:
    """Fernández-Huerta (1959) and INFLESZ (Barrio-Cantalejo 2008) over the Spanish sentences of all pages: 70 and 55 are
    what somebody with eight years of school reads; higher is easier."""
    texts = [text for text in WORDS["es"].values() if len(text.split()) > 3]
    words = [word for text in texts for word in re.findall(r"[^\W\d_]+", text)]
    sentences = sum(max(1, len(re.findall(r"[.!?:](?:\s|$)", text))) for text in texts)
    per_word, per_sentence = sum(map(syllables, words)) / len(words), len(words) / sentences

    assert [syllables(one) for one in ("permiso", "quién", "día", "alguien", "cuidado")] == [3, 1, 2, 2, 3]
    assert 206.84 - 60 * per_word - 1.02 * per_sentence > 70
    assert 206.835 - 62.3 * per_word - per_sentence > 55


@pytest.mark.requirement("P2-31-03")
@pytest.mark.parametrize(
    "crafted",
    [
        "see.Organization/housing.contact",
        "see.RelatedPerson/nobody.contact",
        "see.RelatedPerson/x/../Organization/housing.contact",
        "see.unheard-of.contact",
    ],
)
def test_a_recipient_that_the_form_would_not_name_is_not_chosen(
    county_desk: County, counter: Counter, crafted: str
) -> None:
    read(counter, **{crafted: "yes"})
    assert "RECIPIENT_UNKNOWN" in counter.page.text and county_desk.records("Consent") == ()
