"""Make up names as people of many traditions write them: any script, one name or five; nobody real is meant."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Tradition:
    """How names are built: `shape` says which lists are drawn from, in order; G given, F family, P patronym."""

    code: str
    shape: tuple[str, ...]
    given: tuple[str, ...]
    family: tuple[str, ...] = ()
    joined: str = " "


# Drawn in parts and put together by chance. What somebody is called never decides what is said about them:
# names come from a stream of their own, apart from sector, concern, stage and outcome.
TRADITIONS = (
    Tradition(
        "english",
        ("G F", "G F", "G G F", "G F-F"),
        (
            "Alfie", "Amelia", "Archie", "Bethan", "Callum", "Daisy", "Ellis", "Freya", "George", "Hattie", "Isla",
            "Jude", "Kayleigh", "Leon", "Maisie", "Noah", "Orla", "Poppy", "Reece", "Skye", "Toby", "Violet",
        ),
        (
            "Abelwood", "Barrowclift", "Castlemere", "Dunthorpe", "Eckersall", "Fairbeck", "Garthwell", "Hobkirk",
            "Inglesby", "Jessamore", "Kettlewick", "Longstow", "Marrable", "Netherby", "Oakenshaw", "Pellow",
            "Quenby", "Rushmead", "Stavely", "Tranmoor", "Uffland", "Wexcombe",
        ),
    ),
    Tradition(
        "welsh",
        ("G F", "G P F"),
        ("Aled", "Angharad", "Carys", "Dafydd", "Eluned", "Gethin", "Iolo", "Lleucu", "Macsen", "Nia", "Siôn", "Tegwen"),
        ("ap Madryn", "Bevan-Glas", "Glyndraeth", "Llwydmor", "Penhelig", "Trefaldwyn", "Ysgolfa"),
    ),
    Tradition(
        "irish",
        ("G F",),
        ("Aoife", "Cillian", "Dáithí", "Fionnuala", "Oisín", "Róisín", "Séamus", "Tadhg"),
        ("Ó Branagáin", "Mac Suibhne", "Ní Dhálaigh", "O’Farrelly", "Nic Aodha"),
    ),
    Tradition(
        "south_asian",
        ("G F", "G G F", "G"),
        (
            "Aisha", "Amrit", "Arjun", "Bilal", "Devika", "Farhana", "Gurpreet", "Harleen", "Imran", "Jasleen", "Kavya",
            "Lakshmi", "Maryam", "Nadeem", "Priya", "Rohan", "Sabina", "Tanvir", "Usha", "Yusuf", "Zainab",
        ),
        (
            "Ahluvar", "Bhattacharyya-Sen", "Chaudhrani", "Dharivan", "Gillani", "Hosseinpur", "Jadeshwar", "Kaur Bains",
            "Miahdul", "Nagarkot", "Pateliya", "Qureshvi", "Raithatha", "Singh Dhallu", "Thapalia", "Wickramarachchi",
        ),
    ),
    Tradition("punjabi_script", ("G F",), ("ਹਰਲੀਨ", "ਜਸਪਾਲ", "ਮਨਦੀਪ"), ("ਕੌਰ", "ਸਿੰਘ ਢੱਲੂ")),
    Tradition("bengali_script", ("G F",), ("ফারহানা", "রাশেদুল", "তাহমিদ"), ("মিয়াদুল", "বেগমজান")),
    Tradition(
        "arabic",
        ("G F", "G P P F", "G P"),
        ("Amal", "Dalal", "Faris", "Huda", "Karim", "Layth", "Nour", "Rima", "Sami", "Tariq", "Wafa", "Ziad"),
        ("al-Darwishi", "al-Marsawi", "Bin Sahlan", "Haddadin", "Khouriyeh", "Sabbaghiyan"),
    ),
    Tradition("arabic_script", ("G F", "G P F"), ("ليث", "نور", "سامي", "هدى", "كريم"), ("الدرويشي", "المرساوي", "حدادين")),
    Tradition("kurdish", ("G F", "G P"), ("Azad", "Berivan", "Dilan", "Rojda", "Şivan"), ("Bêxalî", "Zerdeştan")),
    Tradition(
        "somali", ("G P P", "G P P P"), ("Abdirahman", "Cawo", "Faadumo", "Guuleed", "Hibaaq", "Liibaan", "Nasteexo", "Warsame")
    ),
    Tradition("eritrean", ("G P", "G P P"), ("Biniam", "Freweini", "Kidane", "Luwam", "Saba", "Yonas")),
    Tradition("ethiopic_script", ("G P",), ("ቢንያም", "ሉዋም", "ዮናስ", "ሳባ")),
    Tradition(
        "west_african",
        ("G F", "G G F"),
        ("Adaeze", "Chukwuemeka", "Folasade", "Kofi", "Kwabena", "Ngozi", "Olumide", "Temiloluwa", "Yaa"),
        ("Adegbola-Mensimah", "Boatengson", "Ezeonwuka", "Okonjide", "Oyelarin", "Sarpongwa"),
    ),
    Tradition("caribbean", ("G F",), ("Deshawn", "Marvia", "Odane", "Renelle", "Shanice", "Tyrell"), ("Braithley", "Cuffy-Grant", "Pinnockson")),
    Tradition("polish", ("G F",), ("Agnieszka", "Bartłomiej", "Grzegorz", "Małgorzata", "Zofia"), ("Brzezińczyk", "Dąbrówkowski", "Żółtawska")),
    Tradition("romanian", ("G F", "G G F"), ("Andreea", "Bogdan", "Ioana", "Răzvan", "Ștefania"), ("Bălănuță", "Crăciunaru", "Țurcanaru")),
    Tradition("romani", ("G F",), ("Danior", "Mirela", "Tawny", "Zarko"), ("Boswellan", "Heronby", "Lovellan")),
    Tradition("ukrainian_script", ("G P F", "G F"), ("Оксана", "Тарас", "Богдана", "Юрій"), ("Гончаривенко", "Козлівська", "Шумейчук")),
    Tradition("turkish", ("G F",), ("Ayşe", "Çağlar", "Gülizar", "Ömer", "İpek"), ("Çınarbaş", "Güneşdoğan", "Yıldızhan")),
    Tradition("iranian_script", ("G F",), ("پریسا", "کاوه", "نیلوفر"), ("بهاروند", "دشتستانی")),
    Tradition("chinese", ("F G",), ("Jiahao", "Meilin", "Xinyi", "Zihan"), ("Ouyang", "Qiu", "Tsui", "Wenren")),
    Tradition("chinese_script", ("FG",), ("家豪", "美琳", "欣怡", "子涵"), ("欧阳", "邱", "闻人"), ""),
    Tradition("vietnamese", ("F G G",), ("Bảo", "Hạnh", "Khánh", "Ngọc", "Thảo"), ("Đinh", "Lương", "Trịnh")),
    Tradition("tamil_script", ("P G", "G"), ("கவிதா", "முருகன்", "தமிழினி", "யாழினி")),
    Tradition("jewish", ("G F", "G ben P"), ("Avital", "Chaim", "Eliezer", "Rivka", "Shoshana"), ("Perlsteiner", "Rosenblattman", "Zilberwald")),
    Tradition("greek_cypriot", ("G F",), ("Andreas", "Despina", "Kyriakos", "Panayiota"), ("Hadjigavriel", "Papamichaelides")),
    Tradition("portuguese", ("G G F F", "G F da F"), ("Beatriz", "Duarte", "Inês", "João", "Lourenço"), ("Bragançal", "Cordovil", "Valadares", "Montanha")),
    Tradition("tibetan", ("G G", "G"), ("Dolma", "Norbu", "Pema", "Tenzin", "Yangchen")),
)  # fmt: skip
WEIGHTS = {"english": 40, "south_asian": 16, "welsh": 4, "west_african": 5, "arabic": 4, "caribbean": 4}
# Further names somebody is also known by.
SHORT = ("Ace", "Bee", "Jay", "Kit", "Mo", "Red", "Sunny", "Zed")


def person_names(rng: Random) -> tuple[str, ...]:
    """Return what somebody is called, the name they use first; some have another beside it."""
    tradition = rng.choices(TRADITIONS, [WEIGHTS.get(t.code, 1.5) for t in TRADITIONS])[0]
    names = [one_name(tradition, rng)]
    if rng.random() < 0.12:
        names.append(rng.choice(SHORT))
    return tuple(names)


def one_name(tradition: Tradition, rng: Random) -> str:
    """Return a name in one tradition's way of writing."""
    shape = rng.choice(tradition.shape)
    if shape == "FG":
        return rng.choice(tradition.family) + rng.choice(tradition.given)
    parts: list[str] = []
    for sign in shape.split(" "):
        if sign in {"G", "P"}:
            parts.append(_other(rng, tradition.given, parts))
        elif sign == "F":
            parts.append(_other(rng, tradition.family, parts))
        elif sign == "F-F":
            parts.append("-".join(rng.sample(tradition.family, 2)))
        else:
            parts.append(sign)
    return tradition.joined.join(parts)


def _other(rng: Random, pool: tuple[str, ...], used: list[str]) -> str:
    """Draw one that this name does not have yet, as long as there is one."""
    left = [word for word in pool if word not in used]
    return rng.choice(left or list(pool))


def staff_name(rng: Random) -> str:
    """Return the name of somebody who works here, in a script that the whole partnership reads."""
    latin = [t for t in TRADITIONS if not t.code.endswith("_script") and t.family]
    return one_name(rng.choice(latin), rng)
