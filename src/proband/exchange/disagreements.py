"""Where sources disagree on one fact of one person: reported side by side, never averaged, never chosen.

A *singular* fact (birth date, sex) can have one value only. A *dated* fact (a laboratory value at a moment) is one fact
if person, code and moment are the same and the sources are different files. Presence is contradictory where one file
says a thing is there and another says it is not, and neither gives a day.
"""

from __future__ import annotations

from collections.abc import Mapping

from proband.exchange.report import Contradiction
from proband.facts.called import CALLED
from proband.facts.result_names import RESULTS_MAY_BE
from proband.facts.singular import SINGULAR
from proband.terms.extras import missing

try:
    import polars as pl
except ModuleNotFoundError as error:
    raise missing(error) from error

_SINGULAR = tuple(sorted(code for system, code in SINGULAR if system == "Proband"))
#: facts of Proband's own of which a person may have several at once
_PLURAL = (
    "disease",
    "variant",
    "allergy",
    "family-history",
    "specimen",
    "encounter",
    "diagnostic-report",
    "report-conclusion",
    "adverse-event",
    "consent",
    "consent-date",
    "gene-of-interest",
)


#: how the codes of facts begin that say what a record may be which its own code does not say
MAY_BE = (CALLED, *RESULTS_MAY_BE)


def find_disagreements(facts: pl.LazyFrame | pl.DataFrame) -> list[Contradiction]:
    """Disagreements in a long table (see :data:`~proband.facts.table.OBSERVATION_SCHEMA`), sorted by person.

    Facts whose presence is a null flavour say nothing and disagree with nothing.
    """
    known = facts.lazy().filter(
        pl.col("presence").is_in(["present", "absent"])
        # what a record may be besides contradicts where the record itself does, and is told once
        & ~(
            (pl.col("system") == "Proband")
            & pl.any_horizontal(pl.col("code").str.starts_with(each) for each in MAY_BE)
        )
    )
    place = pl.concat_str("origin_file", "origin_position", separator=" ", ignore_nulls=True)
    said = pl.concat_str(
        pl.when(pl.col("presence") == "absent").then(pl.lit("absent")),
        "comparator",
        pl.col("value").cast(pl.String),
        "unit",
        pl.when(pl.col("value").is_null()).then(pl.coalesce("value_code", "text")),
        separator=" ",
        ignore_nulls=True,
    )
    rows = known.with_columns(
        said=pl.when(said == "").then(pl.col("presence")).otherwise(said),
        place=place,
    )
    proband = pl.col("system") == "Proband"
    singular = rows.filter(proband & pl.col("code").is_in(_SINGULAR)).group_by("subject", "system", "code")
    death = rows.filter(
        proband
        & (pl.col("code") == "vital-status")
        & (pl.col("text") == "deceased")
        & pl.col("first_day").is_not_null()
    ).with_columns(said=pl.lit("died ") + pl.col("first_day").cast(pl.String))
    plural = proband & pl.col("code").is_in([*_PLURAL, *_SINGULAR, "vital-status"])
    dated = rows.filter(
        ~plural
        & pl.col("first_day").is_not_null()
        & (pl.col("value").is_not_null() | pl.col("text").is_not_null())
    )
    dated_groups = dated.with_columns(
        moment=pl.coalesce(pl.col("time").cast(pl.String), pl.col("first_day").cast(pl.String))
    ).group_by("subject", "system", "code", "moment")
    # presence: contradictory where one says yes, one says no, of the same day or with a day missing on either side
    stated = rows.filter(
        (~proband & pl.col("value").is_null()) | (proband & (pl.col("code") == "disease"))
    ).with_columns(
        code=pl.when(proband).then(pl.concat_str(pl.lit("disease "), "value_code")).otherwise("code"),
        said=pl.col("presence"),
    )
    present, absent = (pl.col("presence") == word for word in ("present", "absent"))
    undated = pl.col("first_day").is_null() & pl.col("last_day").is_null()
    same_day = pl.col("first_day").filter(present).is_in(pl.col("first_day").filter(absent).implode()).any()
    contradictory = stated.group_by("subject", "system", "code").agg(
        pl.col("said"),
        pl.col("place"),
        pl.col("origin_file"),
        clash=present.any() & absent.any() & (undated.any() | same_day),
    )
    sides = [pl.col("said").alias("said"), pl.col("place"), pl.col("origin_file")]
    found: list[Contradiction] = []
    found += _collect(singular.agg(*sides), cross_file=False)
    found += _collect(death.group_by("subject", "system", "code").agg(*sides), cross_file=False)
    found += _collect(dated_groups.agg(*sides), cross_file=True)
    found += _collect(contradictory.filter(pl.col("clash")), cross_file=False)
    found += _outside_life(rows)
    return sorted(found, key=lambda each: (each.subject, each.fact))


def _outside_life(rows: pl.LazyFrame) -> list[Contradiction]:
    """Facts that are surely of a day before the person was born, or after the person died: the first of each, and how many."""
    own = pl.col("system") == "Proband"
    ends = rows.filter(own & (pl.col("presence") == "present")).group_by("subject").agg(
        born=pl.col("first_day").filter(pl.col("code") == "birth-date").min(),
        born_at=pl.col("place").filter(pl.col("code") == "birth-date")
        .sort_by(*(pl.col(n).filter(pl.col("code") == "birth-date") for n in ("first_day", "place"))).first(),
        died=pl.col("last_day").filter((pl.col("code") == "vital-status") & (pl.col("text") == "deceased")).max(),
        died_at=pl.col("place").filter((pl.col("code") == "vital-status") & (pl.col("text") == "deceased"))
        .sort_by(*(pl.col(n).filter((pl.col("code") == "vital-status") & (pl.col("text") == "deceased")) for n in ("last_day", "place")), descending=[True, False]).first(),
    )  # fmt: skip
    # what may be dated outside of a life: what a family had, and the life's own ends
    dated = rows.filter(
        ~(own & pl.col("code").is_in(["birth-date", "vital-status", "family-history", "observation-period"]))
    )
    joined = dated.join(ends, on="subject")
    found = []
    for end, outside, words in (
        ("born", pl.col("last_day") < pl.col("born"), "before birth"),
        ("died", pl.col("first_day") > pl.col("died"), "after death"),
    ):
        first = pl.concat_str(
            "system", "code", pl.col("first_day").cast(pl.String), separator=" ", ignore_nulls=True
        )
        groups = joined.filter(outside).group_by("subject").agg(
            n=pl.len(), said=first.sort_by("first_day", "code", "place").first(), place=pl.col("place").sort_by("first_day", "code", "place").first(),
            at=pl.col(f"{end}_at").first(), day=pl.col(end).first(),
        )  # fmt: skip
        for row in groups.collect(engine="streaming").iter_rows(named=True):
            more = f" and {row['n'] - 1} more" if row["n"] > 1 else ""
            sides = ((f"{end} {row['day']}", row["at"] or ""), (f"{row['said']}{more}", row["place"] or ""))
            found.append(Contradiction(row["subject"], f"facts {words}", sides))
    return found


def count_repeated(facts: pl.LazyFrame | pl.DataFrame) -> int:
    """How many facts stand identically in more than one file: counting observables would count them twice."""
    columns = [name for name in facts.lazy().collect_schema().names() if not name.startswith("origin_")]
    repeated = (
        facts.lazy()
        .group_by(columns)
        .agg(files=pl.col("origin_file").n_unique())
        .filter(pl.col("files") > 1)
        .select(pl.col("files").sum() - pl.len())
        .collect(engine="streaming")
    )
    return int(repeated.item() or 0)


def _collect(groups: pl.LazyFrame, *, cross_file: bool) -> list[Contradiction]:
    frame = groups.filter(pl.col("said").list.n_unique() > 1)
    if cross_file:
        # the same file may well hold two values of one moment (two specimens); two files that differ in *what they
        # say altogether* disagree
        frame = frame.filter(pl.col("origin_file").list.n_unique() > 1)
    found = []
    for row in frame.collect(engine="streaming").iter_rows(named=True):
        by_file: dict[str, set[str]] = {}
        first: dict[str, str] = {}
        # the order of rows is that of reading, which means nothing
        told = sorted(zip(row["said"], row["place"], row["origin_file"], strict=True), key=_in_order)
        for said, place, file in told:
            by_file.setdefault(file or "", set()).add(said)
            first.setdefault(said, place or "")
        if cross_file and len({frozenset(values) for values in by_file.values()}) == 1:
            continue
        code = row["code"] if row["system"] == "Proband" else f"{row['system']} {row['code']}"
        when = row.get("moment")
        found.append(
            Contradiction(row["subject"], f"{code} at {when}" if when else code, tuple(sorted(first.items())))
        )
    return found


def _in_order(told: tuple[str, str | None, str | None]) -> tuple[str, str, int, str]:
    said, place, file = told
    return said, file or "", len(place or ""), place or ""  # line 9 stands before line 10


def compare(
    sources: Mapping[str, pl.DataFrame], *, subjects: Mapping[str, Mapping[str, str]] | None = None
) -> pl.DataFrame:
    """Where several forms of one cohort give different facts.

    Parameters
    ----------
    sources
        Name of the form → its long table.
    subjects
        Name of the form → {id in that form: common id}, where the forms name people differently.

    Returns
    -------
    polars.DataFrame
        ``subject, system, code, said`` and one column of counts per source, only where the counts differ. ``said`` is
        the coded value, text or presence; numbers and their units are compared as written.
    """
    pieces = []
    for name, table in sources.items():
        renamed = table
        if subjects and name in subjects:
            renamed = table.with_columns(pl.col("subject").replace(dict(subjects[name])))
        value = pl.concat_str(
            pl.col("value").cast(pl.String), pl.col("unit"), separator=" ", ignore_nulls=True
        )
        pieces.append(
            renamed.select(
                "subject",
                "system",
                "code",
                said=pl.when(pl.col("value").is_not_null())
                .then(value)
                .otherwise(pl.coalesce("value_code", "text", "presence")),
                source=pl.lit(name),
            )
        )
    counted = (
        pl.concat(pieces)
        .group_by("subject", "system", "code", "said", "source")
        .len()
        .pivot("source", index=["subject", "system", "code", "said"], values="len")
    )
    names = list(sources)
    counted = counted.with_columns(
        [pl.lit(None, pl.UInt32).alias(name) for name in names if name not in counted.columns]
    )
    counted = counted.with_columns(pl.col(name).fill_null(0) for name in names)
    differing = (
        pl.any_horizontal(*(pl.col(names[0]) != pl.col(name) for name in names[1:]))
        if len(names) > 1
        else pl.lit(False)
    )
    return counted.filter(differing).sort("subject", "system", "code", "said")
