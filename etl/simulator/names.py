"""Names of the model's clinics in three languages: generic and numbered, so that nobody takes them for real ones."""

from __future__ import annotations

from dataclasses import dataclass

#: Kinds of clinics, in the order of their numbers everywhere in the simulator.
KINDS = ("primary_care", "hospital", "diagnostic", "dialysis", "emergency", "blood", "other")
PRIMARY_CARE, HOSPITAL, DIAGNOSTIC, DIALYSIS, EMERGENCY, BLOOD, OTHER = range(len(KINDS))
#: Cities with regional rank: their clinics are city ones.
CITIES = frozenset(("KZ-71", "KZ-75", "KZ-79"))


@dataclass(frozen=True)
class _Type:
    """What a clinic calls itself in Kazakh (after the number), Russian and English (before it)."""

    kk: str
    ru: str
    en: str


_STATE_CITY = {
    PRIMARY_CARE: _Type("қалалық емхана", "Городская поликлиника", "City polyclinic"),
    HOSPITAL: _Type("қалалық аурухана", "Городская больница", "City hospital"),
}
_STATE = {
    PRIMARY_CARE: _Type("емхана", "Поликлиника", "Polyclinic"),
    HOSPITAL: _Type("көпбейінді аурухана", "Многопрофильная больница", "Multidisciplinary hospital"),
    DIAGNOSTIC: _Type(
        "консультациялық-диагностикалық орталық", "Консультативно-диагностический центр", "Diagnostic centre"
    ),
    OTHER: _Type("мамандандырылған орталық", "Специализированный центр", "Specialised centre"),
}
_ANY = {
    PRIMARY_CARE: _Type("отбасылық дәрігерлік амбулатория", "Семейная врачебная амбулатория", "Family medicine clinic"),
    HOSPITAL: _Type("жеке аурухана", "Частная больница", "Private hospital"),
    DIAGNOSTIC: _Type("жеке диагностикалық орталық", "Частный диагностический центр", "Private diagnostic centre"),
    DIALYSIS: _Type("диализ орталығы", "Центр диализа", "Dialysis centre"),
    EMERGENCY: _Type("жедел медициналық жәрдем станциясы", "Станция скорой медицинской помощи", "Ambulance station"),
    BLOOD: _Type("қан орталығы", "Центр крови", "Blood centre"),
    OTHER: _Type("оңалту орталығы", "Реабилитационный центр", "Rehabilitation centre"),
}


def clinic_names(kind: int, state: bool, number: int, region: str, label: dict[str, str]) -> tuple[str, str, str]:
    """The names in Kazakh, Russian and English; "model" in each says that the clinic is made up."""
    own = _STATE_CITY.get(kind) if state and region in CITIES else None
    own = own or (_STATE.get(kind) if state else None) or _ANY[kind]
    return (
        f"№ {number} {own.kk} (модель), {label['kk']}",
        f"{own.ru} № {number} (модель), {label['ru']}",
        f"{own.en} No. {number} (model), {label['en']}",
    )
