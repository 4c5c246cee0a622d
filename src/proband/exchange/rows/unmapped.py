"""What columns say that no rule of a mapping names: one that is named like a question ("cancer: yes"), one of who left a study, free comments.

A mapping that reads five columns of fifty does not say that the others are empty. Whose column *cancer* says yes may have what a criterion asks for under a code
(:func:`proband.facts.called.titled`), whatever the columns say that are read; whom a column or a comment calls a screen failure, withdrawn or dead, is not
screened as if nobody had said so; and a comment that names a result with a number may be of a newer one. Whoever knows better names the column under ``ignore``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from proband.exchange.rows.tables import BLANK, NO_CELLS, YES_CELLS
from proband.facts.called import titled
from proband.facts.deaths import died_in_remark
from proband.facts.left import left_in_words
from proband.facts.result_names import may_be
from proband.terms.answers import Answer, answer_in_label, answer_of, is_untold

_FLAG = (
    r"(?:_(?:flag|ind|yn|y_n|date|dt|reason|reasons|comment|specify|text|code|other|by_subject|by_patient))*$"
)
_WHO = r"^(?:patient_|subject_|pt_|participant_)?(?:has_|was_|is_)?"
#: columns whose yes, day or reason says that somebody left, or does not fit
_LEFT = re.compile(
    _WHO
    + r"(?:withdr(?:awn|ew|awal)(?:_(?:of_)?consent)?|consent_(?:withdrawn|withdrawal|revoked|refused)|screen(?:ing)?_?(?:fail|failed|failure)|scr(?:ee)?n_?fail(?:ure)?|drop(?:ped)?_?out|ineligible|not_eligible|excluded_from_study"
    r"|discontinued|discontinuation|early_termination|off_study|study_exit|(?:lost_to_)?follow_?up_lost|lost_to_follow_?up|ltfu|reason_(?:for_)?(?:exclusion|withdrawal|screen_?failure|screening_failure|ineligibility|discontinuation|drop_?out|non_?eligibility)|exclusion_reason|ineligib(?:le|ility)"
    r"|studienabbruch|einwilligung_(?:widerrufen|zur(?:ü|ue)ckgezogen)|retrait_consentement|consentement_retir(?:é|e))"
    + _FLAG
)
#: columns whose no says it
_FITS = re.compile(
    _WHO
    + r"(?:eligib(?:le|ility)(?:_(?:status|confirmed))?|meets?_(?:all_)?(?:eligibility_|inclusion_)?criteria|(?:inclusion_)?criteria_met|(?:informed_)?consent(?:ed)?(?:_(?:given|signed|obtained|status|form_signed))?|icf(?:_signed)?|einwilligung(?:_(?:liegt_vor|unterschrieben))?|consentement)"
    + _FLAG
)
_STATUS = re.compile(r"(?:^|_)(?:status|disposition|outcome|state|reason)(?:_|$)")
_GONE = re.compile(r"(?:withdrawn|withdrew|drop(?:ped)?[ -]?out|screen(?:ing)?[ -]?fail\w*|discontinued|off[ -]study|excluded|ineligible|not eligible|refused|declined)(?:\b.*)?$", re.IGNORECASE)  # fmt: skip
#: the same words as may be said of anything: "hcc_status: excluded", "biopsy_status: refused"
_GONE_OR_NOT = re.compile(r"(?:discontinued|excluded|refused|declined)\b", re.IGNORECASE)
#: names of a status that is of the person, or of taking part, and of nothing else
_OF_TAKING_PART = re.compile(
    r"(?:(?:patient|subject|participant|pt|person|study|trial|enrol[a-z]*|screening|screen|recruitment|inclusion|randomi[sz][a-z]*|protocol|treatment|therapy|visit|arm|follow|up|end|of|eos|final|current|overall|last"
    r"|status|disposition|outcome|state|reason|code|text|comment|specify|other|for|\d+)(?:_|$))+"
)
_NEVER_LEFT = re.compile(r"never|(?:not|never)(?: been)? (?:withdrawn|withdrew|discontinued)")
#: columns of what is called deceased or expired and is no person, or not this one
_NOT_OF_LIFE = re.compile(
    r"(?:^|_)(?:husband|wife|spouse|partner|sons?|daughters?|insurance|coverage|prescription|licen[cs]e|membership|passport|(?:graft|transplant|tx|organ)_(?:type|source|origin))(?:_|$)"
)
#: words of names that make something else of what they stand beside: relatives, what was planned, who said it, how it was done
_ANOTHER = re.compile(
    r"(?:^|_)(?:fam(?:ily)?|fh|fhx|familial|relatives?|mothers?|fathers?|parents?|siblings?|brothers?|sisters?|maternal|paternal|donors?|risk|vaccin\w*|immuni[sz]\w*|educat\w*|counsel\w*|referr\w*|consent\w*|questionnaire|form|score|unit|units|source"
    r"|method|lab|ordered|planned|fear|worry|awareness|comments?|notes?|remarks?|id|count|number|grade|stage|complete|version|device|kit|file|upload|interviewer|ward|department|clinic|unit|center|centre|programme?|register|registry|group|cohort|arm|prophylaxis"
    r"|familie\w*|mutter|vater|geschwister|impf\w*|station|klinik)(?:_|$)"
)
_TESTED = re.compile(
    r"(?:^|_)(?:test(?:s|ed|ing)?|screen(?:s|ed|ing)?|assay|serology|pcr|culture|biopsy|scan|mri|ct|imaging|swab)(?:_|$)"
)
_FOUND = re.compile(
    r"\b(?:positiv\w*|pos|reactive|reaktiv|detected|found|present|nachgewiesen|positif|positivo)\b|^\+",
    re.IGNORECASE,
)
_DENIES = re.compile(
    r"(?:^|_)(?:no|not|never|without|free|excluded|exclude|ruled|denies|absence|absent|negative|kein\w*|ohne|nie|pas|sans|sin|nunca)(?:_|$)"
)
#: a cell that denies from its first word on, and says nothing else: "no evidence of", "ruled out", "none detected"; not "not excluded"
_DENIED = re.compile(
    r"(?:no|non|not|none|nothing|never|without|free of|excluded|ruled out|denie[sd]|absent|nicht|kein\w*|ohne|nie)\b(?! (?:longer|yet|excluded|ruled|known|sure|clear|certain|ausgeschlossen|sicher))"
    r"(?:(?!\b(?:but|except|aber|previous\w*|prior|formerly|was|new|since|recent\w*|suspect\w*|possib\w*|probab\w*|until|war|fr(?:ü|ue)her)\b)[^,;.:()/+]){0,40}"
)
_SUSPECTED = re.compile(
    r"suspect|verdacht|\bnot (?:yet |been )?(?:excluded|ruled out)|nicht (?:sicher )?ausgeschlossen"
)
_DAY = re.compile(r"(?:^|_)(?:date|dt|day|year|onset|when|datum|jahr)(?:_|$)")
#: an amount of a drug, or how often it is taken; a concentration is none
_DOSE = re.compile(r"(?=[\d.,]*[1-9])\d[\d.,]*\s*(?:mg|mcg|µg|μg|g|ml|iu|i\.u\.|i\.e\.|ie|units?|tab(?:let)?s?|caps?(?:ules?)?)(?:\s*/\s*(?:d|day|tag|24 ?h|kg))?(?![\w/])(?!\s*/)|\b(?:daily|once a day|twice a day|bid|tid|qid|qd|od|bd|prn|nocte|weekly|t(?:ä|ae)glich)\b", re.IGNORECASE)  # fmt: skip
#: what stands there is a day or a year
_DATED = re.compile(r"(?:19|20)\d\d|\d{4}-\d\d.*|\d{1,2}[./]\d{1,2}[./]\d{2,4}")
_CLAUSES = re.compile(r"[;\n]|,(?!\d)|\.(?!\d)|\b(?:and|und|et|y|then|but|aber)\b")
_NUMBER = re.compile(r"[<>=≤≥~]*\s*\d[\d.,]*(?:\s*(?:%|[xX×]?10\S*|[a-zµμ]*/\S+|mmol|mg|g|u|iu)(?=\s|$))?")
#: a number of something else than of a result: a day, a dose, how often
_NOT_A_RESULT = re.compile(r"\b(?:in|after|for|every|q|seit|nach|in den)\s+\d+\s*(?:days?|weeks?|months?|hours?|years?|tage?n?|wochen?|monate?n?)\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b|\b\d{4}-\d\d-\d\d\b|\b(?:19|20)\d\d\b", re.IGNORECASE)  # fmt: skip


#: an outcome that is a death, whole
_FATAL = re.compile(r"death|died|dead|deceased|fatal|expired|death \w+ \w+|patient died|tod|verstorben|gestorben|t(?:ö|oe)dlich|d(?:é|e)c(?:è|e)s|d(?:é|e)c(?:é|e)d(?:é|e)e?|mort|fallecid[oa]|muerte|exitus(?: letalis)?|deceduto|morto|overleden", re.IGNORECASE)  # fmt: skip
#: columns in which somebody writes what a person has, had or takes
_CLINICAL = re.compile(
    r"(?:^|_)(?:adverse|s?aes?|events?|complications?|indications?|reason|findings?|specify|other|symptoms?|treatments?|therap(?:y|ies)|anticoagul\w*|comorbid\w*|diseases?|conditions?|illness|infections?|malignan\w*|tumou?rs?|cancers?|drugs?|impression|conclusion"
    r"|assessment|befund|beurteilung|indikation|grund|komplikation\w*|ereignis\w*|behandlung|effets?|indication|motif|hallazgos?|motivo|reperto)(?:_|$)"
)
#: letters of a cell that may be a name and no sentence
_A_NAME = 60


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A column that no rule names, looked at by its name once: which facts a yes in it gives, and what a yes or no in it says of taking part."""

    column: str
    codes: tuple[tuple[str, str], ...] = ()
    denies: bool = False
    tested: bool = False
    dated: bool = False
    left: Answer | None = None
    status: bool = False
    of_taking_part: bool = False
    outcome: bool = False
    names: bool = False
    remark: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        column: str,
        name: str,
        label: str = "",
        choices: Mapping[str, str] | None = None,
        *,
        remark: bool = False,
    ) -> Unmapped:
        """How a column is heard.

        Parameters
        ----------
        name, label
            Its name in one spelling, and what the dictionary of its project calls it.
        choices
            What the dictionary says that cells stand for.
        remark
            Whether it is by its name one of remarks.
        """
        left = Answer.YES if _LEFT.match(name) else Answer.NO if _FITS.match(name) else None
        whole = "_".join(re.findall(r"[^\W_]+", f"{name} {label}".lower()))
        codes: dict[tuple[str, str], None] = {}
        if left is None and not remark and not _ANOTHER.search(whole):
            for words in (name.replace("_", " "), label):
                codes |= dict.fromkeys(titled(words))
        return cls(
            column, tuple(codes), _DENIES.search(whole) is not None, _TESTED.search(whole) is not None, _DAY.search(whole) is not None, left,
            _STATUS.search(name) is not None, _OF_TAKING_PART.fullmatch(name) is not None, not (_ANOTHER.search(whole) or _NOT_OF_LIFE.search(whole)), not _ANOTHER.search(whole) and _CLINICAL.search(whole) is not None, remark, choices or {},
        )  # fmt: skip

    @property
    def is_heard(self) -> bool:
        """Whether anything in it can say anything."""
        return bool(self.codes or self.left or self.status or self.outcome or self.remark)

    def leaving(self, said: str) -> str | None:
        """That a cell says that the person left a study, or does not fit."""
        word = self.choices.get(said, said).strip()
        lower = word.lower()
        if not lower or lower in BLANK:
            return None
        told = left_in_words(word)
        if self.left is Answer.YES:
            told = told or (
                None
                if answer_of(lower) in {Answer.NO, Answer.UNTOLD}
                or lower in {"n", "f"}
                or _NEVER_LEFT.fullmatch(lower)
                else word
            )
        elif self.left is Answer.NO:
            told = told or (word if lower in NO_CELLS or _GONE.match(word) else None)
        elif self.status:
            heard = _GONE.match(word) and (self.of_taking_part or not _GONE_OR_NOT.match(word))
            told = told or (word if heard else None)
        return f"{self.column}: {said.strip()[:60]}" if told else None

    def died(self, said: str) -> str | None:
        """That a remark says that the person died, or an outcome that somebody did."""
        told = (
            died_in_remark(said)
            if self.remark
            else self.outcome and _FATAL.fullmatch(said.strip()) is not None
        )
        return f"{self.column}: {said.strip()[:40]}" if told else None

    def facts(self, said: str) -> Iterator[tuple[str, str]]:
        """System and code of what a cell may say that the person has, or of which results it speaks."""
        if self.remark:
            for clause in _CLAUSES.split(_NOT_A_RESULT.sub(" ", said[:2000])):
                if re.search(r"\d", clause):
                    yield from may_be((), [_NUMBER.sub(" ", clause).strip(" :=-")])
            return
        if self.codes and self._says_yes(said):
            yield from self.codes
        words = self.choices.get(said, said).strip()
        plain = "_".join(re.findall(r"[^\W_]+", words.lower()))
        # a few words in a column of events, reasons or drugs may be the name of what is asked for
        if (
            self.names
            and len(words) <= _A_NAME
            and re.search(r"[^\W\d_]{3}", words)
            and not (_DENIES.search(plain) or _ANOTHER.search(plain) or _TESTED.search(plain))
        ):
            yield from titled(words)

    def _says_yes(self, said: str) -> bool:
        word = self.choices.get(said, said).strip().lower()
        if not word or word in BLANK:
            return False
        answer = answer_in_label(word) if self.choices else answer_of(word)
        yes = answer is Answer.YES or word in YES_CELLS
        no = answer is Answer.NO or word in NO_CELLS | {"unchecked"}
        if self.denies:
            return no
        if _DENIED.fullmatch(word):
            return False
        if self.tested:
            return _FOUND.search(word) is not None and not no
        if self.dated:
            return self.names and _DATED.fullmatch(word) is not None
        if (
            no
            or answer is Answer.UNTOLD
            or (is_untold(word) and not re.search(r"suspect|verdacht|possib|probab|likely", word))
        ):
            return False
        # other words and days are heard in columns of events, tumours, reasons or drugs alone: every other table has wards and units in words
        suspected = _SUSPECTED.search(word) is not None
        return (
            yes
            or suspected
            or _DOSE.search(word) is not None
            or (
                self.names
                and (_DATED.fullmatch(word) is not None or re.search(r"[^\W\d_]{2}", word) is not None)
            )
        )
