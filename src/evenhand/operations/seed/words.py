"""What people in the synthetic partnership say and write: plain sentences, put together by chance, about nobody."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

# Where the person is met, by sector; then what was seen or heard; then what the reporter fears or misses.
SETTINGS: Mapping[str, tuple[str, ...]] = {
    "education": ("In form time", "In a history lesson", "At the college gate", "In a written task", "In the school library"),
    "police": ("At a call to a neighbour dispute", "During a missing-person visit", "In custody for an unrelated matter", "On foot patrol"),
    "local_authority": ("At a housing appointment", "During a youth centre evening", "At a home visit", "In a family support session"),
    "health": ("At a routine appointment", "On the ward", "In a talking-therapies session", "During a school nurse's clinic"),
    "hmpps": ("In supervision", "On the wing", "In a resettlement interview"),
    "community": ("After Friday’s football", "At the food bank", "After the service", "At a community evening"),
    "friends_family": ("At home", "At a family meal", "In messages to a cousin", "On a walk with a friend"),
    "home_office_other": ("At an accommodation visit", "In an interview about support", "At a jobcentre appointment"),
}  # fmt: skip
SEEN: Mapping[str, tuple[str, ...]] = {
    "violence": (
        "they showed others a video of an attack and laughed at the people hurt in it",
        "they said that whoever did it had the right idea and that more should follow",
        "they had drawn a plan of the building with times beside the doors, and said it was for a game",
        "they spoke at length about past attacks, with names and dates, and about nothing else",
    ),
    "group": (
        "they spoke of new friends online who had told them to stop talking to everybody else",
        "they handed out stickers of a group and pressed a younger pupil to put one up",
        "they said that a group chat would “find out” who had spoken against them",
        "they have begun to give money to people they have never met, and will not say what for",
    ),
    "hatred": (
        "they repeated several times that a whole group of people should not be alive",
        "they shouted slogans at somebody on account of their faith, and were proud of it afterwards",
        "they said that women have made life worthless and that somebody should make them pay",
        "they wrote that mixed families are the enemy and would be dealt with",
    ),
    "withdrawn": (
        "they have stopped coming to everything they used to like, and say that nothing here matters any more",
        "they are awake most of the night online and very frightened of something they will not name",
        "they said goodbye to a teacher in a way that sounded final, and spoke of going somewhere to be of use",
        "they gave away their games and their phone and said they would soon not need them",
    ),
    "uncertain": (
        "they asked many questions about a conflict abroad and were upset by the answers they got",
        "a picture on their phone was seen by somebody who found it worrying; it was not seen again",
        "they changed how they dress and whom they sit with, and another family was worried by it",
        "they made a remark in anger, which one person heard as a threat and another as a bad joke",
    ),
}  # fmt: skip
WORRY = (
    "It has become more over the last weeks, and I do not know whom else they talk to.",
    "I am afraid that somebody older is using them.",
    "They used to talk with me and no longer do.",
    "I do not think they want to hurt anybody, but they are very alone.",
    "There is little to hold them at home, and a place on a course has just fallen through.",
    "They said it in front of younger children, who are upset.",
    "I would rather tell somebody once too often.",
    "A relative asked us to tell somebody, because they cannot reach them any more.",
)
DONE = (
    "I spoke with them and with a colleague. Nothing else yet.",
    "The form tutor has met the family.",
    "We have offered a counsellor; the first appointment is next week.",
    "Nothing so far.",
    "Early help is open for a younger brother.",
)
CHECKED = (
    "No live work concerns this person.",
    "Checked with the intelligence unit; nothing stands in the way.",
)
WAIT = ("A matter elsewhere asks that nothing be done for some days.",)
EVIDENCE_FACTS = (
    "The words were said in front of two adults, who wrote them down the same day.",
    "Attendance fell from most days to two days in ten since the start of term.",
    "The device was looked at with the parents: three videos of attacks, each opened many times.",
    "A place on the bricklaying course begins after the holidays, and the person wants it.",
    "The person told the officer that they had been beaten up on the bus in the spring and told nobody.",
    "The account in question belongs to somebody else with a similar name.",
    "The family asked for help with housing last year and had no answer.",
)
EVIDENCE_OPINIONS = (
    "The tutor thinks that they repeat what they hear online and do not understand it.",
    "The nurse thinks that grief explains most of it.",
    "The youth worker finds them kind to younger ones and easily led by older ones.",
    "The neighbour thinks that it was meant as a joke.",
)
EXPLAINS = (
    "Grief after a death in the family, and no one to speak with about it.",
    "Bullying that nobody had written down.",
    "A narrow interest in history and weapons that has been there since primary school.",
    "Anger at losing a flat, put into somebody else’s words.",
    "Fear after an attack on their own family.",
)
CONFIDENCE = ("One source only, some weeks old.", "Seen by two people who work with them.", "The person has not been asked yet.",
              "Said by the person and borne out by the school.")  # fmt: skip
SUMMARIES = (
    "Somebody isolated, with a grievance that is real to them, who repeats harsh words and has done nothing with them.",
    "There is a pull from people online, and there is a family and a course that pull the other way.",
    "The words are serious. What stands behind them is not yet known, and the person has not been asked.",
    "What was reported has an ordinary explanation, and a need that nobody has answered.",
    "Violence is spoken of as a way out. Support that holds is missing, and the person says they would take it.",
)
MANAGE = (
    "The school keeps the timetable they asked for; the case officer sees them within two weeks.",
    "A mentor, and a named person at the college to go to.",
    "The GP is asked to see them; the family support worker stays.",
    "Nothing more from us; early help goes on.",
)
PERSONS_VIEW = (
    "Nobody has asked yet.",
    "They say it was stupid and that they were showing off.",
    "They say that nobody listened before this.",
    "They would like to be left alone, and said so politely.",
)
BEYOND = (
    "Violence, isolation and harm to the person were looked at: no plan, no means. The school counsellor takes on the isolation.",
    "The person is in need of help with sleep and with being bullied; early help and the GP have both. No danger to others was found.",
    "Looked at for exploitation by an older person: none found, and the parents check the phone with the person’s agreement.",
    "The need is housing and company. Both have a service now, and both services have said yes.",
)
CUMULATIVE = (
    "Two reports within a year, both about the same videos. What is new is the older friend; what came back is the isolation, which nobody answered the first time.",
    "The earlier report ended with a counsellor who was never seen. The fear reported then is the fear reported now.",
    "Taken together: the words have become fewer and the absences more. The help offered last time did not begin.",
)
REASONS: Mapping[str, tuple[str, ...]] = {
    "no_further_action": (
        "With everything on file, what was seen has an ordinary explanation, and what the person needs is with somebody else.",
        "The account came third-hand, the two people who were there tell it otherwise, and nothing else points that way.",
    ),
    "signposted": (
        "What is needed is not for this route: a service that can give it has accepted.",
        "The person needs somebody to talk with and a place to live more than a panel, and both have been taken on.",
    ),
    "clear": ("The words, the contact with an older person and the withdrawal are each borne out by a second source.",),
    "limited": ("There may be something here. Two people who know more have not been asked.",),
    "refer_to_panel": ("There are reasonable grounds: facts from two sources, and what speaks against them does not outweigh them.",),
    "police_led": ("A panel cannot hold this while the other matter goes on, which is set out in the file.",),
    "panel": ("Each agency gave its view with its reasons; they are in the minutes.",),
    "general": (
        "On what is on file today, and after speaking with the person who knows them best.",
        "As set out in the file; nothing new since the last entry changes it.",
        "Because it is due, and because what was agreed has been done.",
    ),
}  # fmt: skip
FACTS_ASKED = (
    "Is the person still attending, and since when not?",
    "Is a worker of yours in touch with the family?",
    "Has an appointment been offered, and was it taken?",
)
REPLIES = (
    "Yes: attending four days in five since the half-term. That is a fact from the register.",
    "Known to us until last year, not since. The worker who knew them has left.",
    "An appointment was offered twice and taken once.",
)
SESSION = (
    "An hour at the leisure centre, mostly about the course and a little about the videos.",
    "Walked and talked. They asked whether one can be forgiven for words.",
    "Read two accounts of the same event together and looked for what differs.",
    "Worked on a letter to the school. They wrote most of it.",
)
ABSENT = ("No answer at the door or by telephone.", "They texted to say that they had a job interview.")
PROVIDER_AWAY = ("The worker was ill, and nobody could stand in.",)
NEEDS = (
    "Somebody to talk to who does not report to school",
    "A way back into education",
    "Help with sleep and worry",
    "A home that is safe",
    "People of their own age to spend time with",
    "Work or a course",
    "Knowing what is true online",
)
PROGRESS = (
    "Two of three needs are answered; the third waits for a place.",
    "They come to sessions by themselves now, and have friends again.",
    "Little has changed since last time; the plan’s second part has not begun.",
)
SAID_TO_REPORTER = (
    "Thank you: your report arrived and was read. What is decided about anybody is not ours to tell.",
    "Your report was read by an officer. You may call the same number if you see more.",
)
TOLD = (
    "What was reported, who looks at it, that nobody accuses them, and how to object.",
    "All of it, with the notice in writing and a number to call.",
)
NOTES = (
    "Called the school; call back after three.",
    "The family prefers text messages.",
    "Interpreter booked for the visit.",
    "Read the earlier file again before the meeting.",
)
STREETS = (
    "Larkspur Way",
    "Old Tannery Court",
    "Marsh Lane",
    "Beacon Rise",
    "Viaduct Street",
    "Orchard Close",
    "Foundry Row",
    "Saltmarsh Drive",
)
PANEL_WORDS: Mapping[str, tuple[str, ...]] = {
    "adopt": ("Support would reach something that nobody reaches now.", "We would take part, and can begin this month."),
    "not_adopt": ("Others already do what we could do.", "The need is real and it is health’s; they have accepted."),
    "defer": ("We have not heard from the school, and would rather wait once than guess.",),
    "police_led": ("We could not sit around this table with it while the other matter goes on.",),
}  # fmt: skip


def what_happened(sector: str, kind: str, rng: Random) -> str:
    """Return a report's first words."""
    setting = rng.choice(SETTINGS.get(sector, SETTINGS["community"]))
    first = rng.choice(SEEN[kind])
    text = f"{setting}, {first}."
    if rng.random() < 0.35:
        second = rng.choice(SEEN[rng.choice(list(SEEN))])
        text += f" Some days later {second}."
    return text


def reason(kind: str, rng: Random) -> str:
    """Return why somebody decided as they did."""
    return rng.choice(REASONS.get(kind, REASONS["general"]))


def address(town: str, rng: Random) -> str:
    """Return a made-up address, a line each."""
    return f"{rng.randint(1, 140)} {rng.choice(STREETS)}\n{town}"
