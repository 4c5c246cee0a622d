"""The queries that turn tables of the OMOP CDM into rows of ``observations``, as DuckDB reads them; each is a constant.

``cdm_<table>`` are the tables with every column that is read here (NULL where the site has none), ``codes_<stem>`` what the concepts
of a row stand for, of the codes that are wanted (``every_<stem>``: of all), ``meanings``, ``units``, ``operators``, ``judgements`` and ``sexes`` what few different values mean. All are made by
:mod:`proband.exchange.omop.in_columns`.
"""

# Constants of this package, put together from constants; no value of a file stands in the text of a statement here.
# ruff: noqa: S608

from __future__ import annotations

from proband.exchange.omop.beside import ONE_NUMBER, PART
from proband.exchange.omop.drugs import LONGEST
from proband.exchange.omop.reader import BY_DEATH, PRELIMINARY, RESOLVED
from proband.exchange.rows.tables import BLANK
from proband.exchange.written_numbers import PLAIN_NUMBER

_NOTHING = "(" + ", ".join(f"'{each}'" for each in sorted(BLANK)) + ")"

MACROS = (
    "CREATE OR REPLACE TEMP MACRO txt(x) AS coalesce(trim(CAST(x AS VARCHAR)), '')",
    "CREATE OR REPLACE TEMP MACRO ident(x) AS coalesce(TRY_CAST(x AS BIGINT), 0)",
    # the number of a person or a row, whole again where a frame made it floating for its gaps
    rf"""CREATE OR REPLACE TEMP MACRO name_of(x) AS CASE WHEN length(txt(x)) <= 4 AND lower(txt(x)) IN {_NOTHING} THEN ''
        WHEN contains(txt(x), '.') THEN regexp_replace(txt(x), '^([0-9]+)\.0+$', '\1') ELSE txt(x) END""",
    # a column of numbers needs no looking into; a text is a number where the reader that goes row by row takes it for one, and not where a database would
    "CREATE OR REPLACE TEMP MACRO typed(x) AS regexp_matches(typeof(x), 'INT|^DOUBLE|^FLOAT|^DECIMAL')",
    f"""CREATE OR REPLACE TEMP MACRO num(x) AS CASE WHEN typed(x) OR regexp_full_match(txt(x), '{PLAIN_NUMBER}')
        THEN CASE WHEN isfinite(TRY_CAST(x AS DOUBLE)) THEN TRY_CAST(x AS DOUBLE) END END""",
    f"CREATE OR REPLACE TEMP MACRO unread(x) AS NOT typed(x) AND num(x) IS NULL AND lower(txt(x)) NOT IN {_NOTHING}",
    f"CREATE OR REPLACE TEMP MACRO differs(a, b) AS abs(a - b) > {ONE_NUMBER} * greatest(abs(a), abs(b))",
    "CREATE OR REPLACE TEMP MACRO none_is(numbers, b) AS len(numbers) > 0 AND len(list_filter(numbers, lambda n: NOT differs(n, b))) = 0",
    # the source's own word for what a row codes, where no concept says it
    "CREATE OR REPLACE TEMP MACRO word_of(concept, source, word) AS CASE WHEN ident(concept) = 0 AND ident(source) = 0 THEN txt(word) ELSE '' END",
    # a day, a month or a year as text → its first and its last day
    r"""CREATE OR REPLACE TEMP MACRO first_of(x) AS CASE
        WHEN typeof(x) = 'DATE' THEN TRY_CAST(x AS DATE)
        WHEN regexp_full_match(left(txt(x), 10), '\d{4}-\d{2}-\d{2}') THEN TRY_CAST(left(txt(x), 10) AS DATE)
        WHEN regexp_full_match(txt(x), '\d{4}-\d{2}') THEN TRY_CAST(txt(x) || '-01' AS DATE)
        WHEN regexp_full_match(txt(x), '\d{4}') THEN TRY_CAST(txt(x) || '-01-01' AS DATE) END""",
    r"""CREATE OR REPLACE TEMP MACRO last_of(x) AS CASE
        WHEN typeof(x) = 'DATE' THEN TRY_CAST(x AS DATE)
        WHEN regexp_full_match(left(txt(x), 10), '\d{4}-\d{2}-\d{2}') THEN TRY_CAST(left(txt(x), 10) AS DATE)
        WHEN regexp_full_match(txt(x), '\d{4}-\d{2}') THEN last_day(TRY_CAST(txt(x) || '-01' AS DATE))
        WHEN regexp_full_match(txt(x), '\d{4}') THEN TRY_CAST(txt(x) || '-12-31' AS DATE) END""",
    # the clock on the wall; midnight sharp is what these tables write where only the day is known
    r"""CREATE OR REPLACE TEMP MACRO clock(x) AS CASE WHEN length(txt(x)) > 10 THEN
        nullif(TRY_CAST(regexp_extract(txt(x), '^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?') AS TIMESTAMP),
               date_trunc('day', TRY_CAST(left(txt(x), 10) AS TIMESTAMP))) END""",
    # a time of day, where the day is known, fixes it
    """CREATE OR REPLACE TEMP MACRO first_day(day, moment) AS CASE WHEN clock(moment) IS NOT NULL AND (first_of(day) IS NULL OR first_of(day) = last_of(day))
        THEN CAST(clock(moment) AS DATE) ELSE first_of(day) END""",
    """CREATE OR REPLACE TEMP MACRO last_day_of(day, moment) AS CASE WHEN clock(moment) IS NOT NULL AND (first_of(day) IS NULL OR first_of(day) = last_of(day))
        THEN CAST(clock(moment) AS DATE) ELSE last_of(day) END""",
    # whether a day that can matter may be one of those from a first to a last one
    """CREATE OR REPLACE TEMP MACRO in_reach(opens, closes, begins, ends) AS
        (opens IS NULL OR ends IS NULL OR ends >= opens) AND (closes IS NULL OR begins IS NULL OR begins <= closes)""",
    r"""CREATE OR REPLACE TEMP MACRO ahead(x) AS CASE
        WHEN clock(x) IS NULL THEN NULL
        WHEN regexp_matches(txt(x), ':\d{2}(\.\d+)?Z$') THEN 0
        WHEN regexp_matches(txt(x), ':\d{2}(\.\d+)?[+-]\d{2}(:?\d{2})?$') THEN
            CAST(regexp_extract(txt(x), '([+-]\d{2})(:?\d{2})?$', 1) AS INTEGER) * 60
            + CAST(left(regexp_extract(txt(x), '[+-]\d{2}(:?\d{2})?$', 0), 1) || coalesce(nullif(replace(regexp_extract(txt(x), '[+-]\d{2}(:?\d{2})?$', 1), ':', ''), ''), '0') AS INTEGER)
        END""",
)
#: how people are named: by whole numbers in every file, or in whatever way
WHOLE_NUMBERS = "CREATE OR REPLACE TEMP MACRO subject_of(x) AS CAST(x AS VARCHAR)"
ANY_NAMES = "CREATE OR REPLACE TEMP MACRO subject_of(x) AS name_of(x)"

PERSON = """
WITH p AS (
  SELECT subject_of(person_id) AS subject, origin_file, txt(year_of_birth) AS y, txt(month_of_birth) AS m, txt(day_of_birth) AS d,
         left(txt(birth_datetime), 10) AS whole, txt(person_source_value) AS named, txt(gender_concept_id) AS gender
  FROM cdm_person WHERE subject_of(person_id) <> ''
), b AS (
  SELECT *, CASE WHEN whole <> '' OR y = '' THEN whole
                 ELSE lpad(y, 4, '0') || CASE WHEN m = '' THEN '' ELSE '-' || lpad(m, 2, '0')
                      || CASE WHEN d = '' THEN '' ELSE '-' || lpad(d, 2, '0') END END END AS written
  FROM p
)
SELECT subject, 'Proband' AS system, 'birth-date' AS code, first_of(written) AS first_day, last_of(written) AS last_day,
       CASE WHEN first_of(written) IS NULL THEN NULL ELSE written END AS text,
       CASE WHEN first_of(written) IS NULL THEN 'unknown' ELSE 'present' END AS presence,
       CASE WHEN y <> '' AND year(first_of(written)) <> TRY_CAST(y AS INTEGER)
            THEN 'year_of_birth is ' || y || ', and birth_datetime ' || written END AS problems,
       CASE WHEN named <> '' THEN CAST(json_object('identifiers', [named]) AS VARCHAR) END AS attributes,
       'person/' || subject AS resource, origin_file
FROM b
"""
SEX = """
SELECT subject_of(person_id) AS subject, 'Proband' AS system, 'sex' AS code, s.word AS text,
       CASE WHEN s.word IS NULL THEN 'unknown' ELSE 'present' END AS presence, 'person/' || subject_of(person_id) AS resource, origin_file
FROM cdm_person p LEFT JOIN sexes s ON s.concept = ident(p.gender_concept_id) WHERE subject_of(person_id) <> ''
"""
DEATH = """
SELECT subject_of(person_id) AS subject, 'Proband' AS system, 'vital-status' AS code, 'deceased' AS text,
       first_of(death_date) AS first_day, last_of(death_date) AS last_day, 'present' AS presence,
       CASE WHEN k.code IS NOT NULL THEN CAST(json_object('cause', k.system || '|' || k.code) AS VARCHAR) END AS attributes, origin_file
FROM cdm_death LEFT JOIN known k ON k.concept = ident(cause_concept_id) WHERE subject_of(person_id) <> ''
"""
VISIT = """
SELECT subject_of(v.person_id) AS subject, 'Proband' AS system, 'encounter' AS code, c.name AS text,
       CASE WHEN k.kind IS NULL THEN 'OMOP' ELSE k.system END AS value_system,
       coalesce(k.kind, nullif(name_of(v.visit_concept_id), '')) AS value_code, 'present' AS presence,
       first_of(visit_start_date) AS first_day, last_of(visit_start_date) AS last_day, TRUE AS persists,
       txt(visit_end_date) <> '' AS ended, first_of(visit_end_date) AS until_first, last_of(visit_end_date) AS until_last,
       CASE WHEN txt(visit_end_date) <> '' THEN '{"status":"finished"}' END AS attributes,
       'visit_occurrence/' || name_of(visit_occurrence_id) AS resource, v.origin_file
FROM cdm_visit_occurrence v LEFT JOIN visit_kinds k ON k.concept = ident(v.visit_concept_id)
LEFT JOIN known c ON c.concept = ident(v.visit_concept_id) WHERE subject_of(v.person_id) <> ''
"""
#: to what a visit was discharged, by concept and by word, as CDM 5.4 and 5.3 name it
DISCHARGED = (
    "coalesce(nullif(ident(v.discharged_to_concept_id), 0), ident(v.discharge_to_concept_id))",
    "coalesce(nullif(txt(v.discharged_to_source_value), ''), txt(v.discharge_to_source_value))",
)
DIED_THERE = f"""
SELECT subject_of(v.person_id) AS subject, 'Proband' AS system, 'vital-status' AS code, 'deceased' AS text, 'present' AS presence,
       first_of(coalesce(nullif(txt(visit_end_date), ''), txt(visit_start_date))) AS first_day,
       last_of(coalesce(nullif(txt(visit_end_date), ''), txt(visit_start_date))) AS last_day, '{BY_DEATH}' AS problems,
       'visit_occurrence/' || name_of(visit_occurrence_id) AS resource, v.origin_file
FROM cdm_visit_occurrence v JOIN by_death d ON d.concept = {DISCHARGED[0]} AND d.word = {DISCHARGED[1]} WHERE subject_of(v.person_id) <> ''
"""
PERIOD = """
SELECT subject_of(person_id) AS subject, 'Proband' AS system, 'observation-period' AS code, 'present' AS presence,
       first_of(observation_period_start_date) AS first_day, last_of(observation_period_start_date) AS last_day,
       TRUE AS persists, TRUE AS ended, first_of(observation_period_end_date) AS until_first, last_of(observation_period_end_date) AS until_last,
       'observation_period/' || name_of(observation_period_id) AS resource, origin_file
FROM cdm_observation_period WHERE subject_of(person_id) <> ''
"""
_CONDITIONS = """
WITH r AS (
  SELECT subject_of(o.person_id) AS subject, c.*, first_of(condition_start_date) AS first_day, last_of(condition_start_date) AS last_day,
         txt(condition_end_date) <> '' OR ident(condition_status_concept_id) IN ({resolved}) AS ended,
         first_of(condition_end_date) AS until_first, last_of(condition_end_date) AS until_last,
         CASE WHEN c.untold OR ident(condition_status_concept_id) IN ({preliminary}) THEN 'unknown' ELSE 'present' END AS presence,
         'condition_occurrence/' || name_of(condition_occurrence_id) AS resource, origin_file
  FROM cdm_condition_occurrence o JOIN {codes} c
    ON c.concept = ident(o.condition_concept_id) AND c.source = ident(o.condition_source_concept_id)
   AND c.word = word_of(o.condition_concept_id, o.condition_source_concept_id, o.condition_source_value)
  WHERE subject_of(o.person_id) <> ''
)
""".replace("{resolved}", ", ".join(sorted(RESOLVED))).replace(
    "{preliminary}", ", ".join(sorted(PRELIMINARY))
)
CONDITION = (
    _CONDITIONS.replace("{codes}", "codes_condition")
    + """
SELECT subject, system, code, name AS display, presence, first_day, last_day, TRUE AS persists, ended, until_first, until_last,
       CAST(CASE WHEN lead = '' THEN json_object('kind', 'condition') ELSE json_object('kind', 'condition', 'same-as', lead) END AS VARCHAR) AS attributes,
       CASE WHEN until_last < first_day THEN 'it ends ' || until_last || ' before it starts ' || first_day END AS problems, resource, origin_file
FROM r WHERE NOT broader OR presence <> 'absent'
"""
)
DISEASE = (
    _CONDITIONS.replace("{codes}", "diseases_condition")
    + """
SELECT subject, 'Proband' AS system, 'disease' AS code, name AS text, system AS value_system, code AS value_code, presence, first_day, last_day,
       TRUE AS persists, ended, until_first, until_last, '{"kind":"condition"}' AS attributes,
       CASE WHEN until_last < first_day THEN 'it ends ' || until_last || ' before it starts ' || first_day END AS problems, resource, origin_file
FROM r WHERE NOT broader
"""
)
DRUG = """
WITH r AS (
  SELECT subject_of(o.person_id) AS subject, c.*, first_of(drug_exposure_start_date) AS first_day, last_of(drug_exposure_start_date) AS last_day,
         txt(drug_exposure_end_date) AS ending, txt(verbatim_end_date) AS verbatim, txt(stop_reason) AS reason,
         num(days_supply) AS supply, 1 + greatest(coalesce(num(refills), 0), 0) AS times,
         'drug_exposure/' || name_of(drug_exposure_id) AS resource, origin_file
  FROM cdm_drug_exposure o JOIN codes_drug c
    ON c.concept = ident(o.drug_concept_id) AND c.source = ident(o.drug_source_concept_id)
   AND c.word = word_of(o.drug_concept_id, o.drug_source_concept_id, o.drug_source_value)
  WHERE subject_of(o.person_id) <> ''
), e AS (
  SELECT *, ending <> '' OR verbatim <> '' AS stated,
         CASE WHEN ending = '' THEN first_of(verbatim) WHEN verbatim = '' THEN first_of(ending)
              WHEN first_of(ending) IS NOT NULL AND first_of(verbatim) IS NOT NULL THEN least(first_of(ending), first_of(verbatim)) END AS first_end,
         CASE WHEN ending = '' THEN last_of(verbatim) WHEN verbatim = '' THEN last_of(ending)
              WHEN last_of(ending) IS NOT NULL AND last_of(verbatim) IS NOT NULL THEN greatest(last_of(ending), last_of(verbatim)) END AS last_end,
         supply > 0 AND supply * times < {longest} AND last_day IS NOT NULL AS supplied
  FROM r
), u AS (
  SELECT *, CASE WHEN supplied THEN last_day + CAST(ceil(supply) AS INTEGER) - 1 END AS once, CASE WHEN supplied THEN last_day + CAST(ceil(supply * times) AS INTEGER) - 1 END AS often,
         CASE WHEN first_day IS NOT NULL THEN ceil((last_end - first_day + 1) * (times - 1)) END AS more FROM e
)
SELECT subject, system, code, name AS display, CASE WHEN untold THEN 'unknown' ELSE 'present' END AS presence, first_day, last_day, TRUE AS persists, TRUE AS ended,
       CASE WHEN stated THEN first_end WHEN coalesce(supplied, FALSE) THEN once END AS until_first,
       CASE WHEN stated AND (reason <> '' OR last_end IS NULL) THEN last_end
            WHEN coalesce(supplied, FALSE) THEN CASE WHEN stated THEN greatest(last_end, often) ELSE often END
            WHEN NOT stated OR times = 1 THEN last_end
            WHEN more > 0 AND more < {longest} THEN last_end + CAST(more AS INTEGER) END AS until_last,
       CAST(CASE WHEN reason = '' AND lead = '' THEN json_object('kind', 'drug-exposure') WHEN lead = '' THEN json_object('kind', 'drug-exposure', 'reason', reason)
                 WHEN reason = '' THEN json_object('kind', 'drug-exposure', 'same-as', lead) ELSE json_object('kind', 'drug-exposure', 'reason', reason, 'same-as', lead) END AS VARCHAR) AS attributes,
       CASE WHEN last_of(ending) < first_day OR last_of(verbatim) < first_day THEN 'it ends before it starts' END AS problems, resource, origin_file
FROM u
""".replace("{longest}", str(LONGEST))
PROCEDURE = """
SELECT subject_of(o.person_id) AS subject, c.system, c.code, c.name AS display, CASE WHEN c.untold THEN 'unknown' ELSE 'present' END AS presence,
       first_day(procedure_date, procedure_datetime) AS first_day, last_day_of(procedure_date, procedure_datetime) AS last_day,
       clock(procedure_datetime) AS time, ahead(procedure_datetime) AS utc_offset,
       CAST(CASE WHEN c.lead = '' THEN json_object('kind', 'procedure') ELSE json_object('kind', 'procedure', 'same-as', c.lead) END AS VARCHAR) AS attributes,
       'procedure_occurrence/' || name_of(procedure_occurrence_id) AS resource, o.origin_file
FROM cdm_procedure_occurrence o JOIN codes_procedure c
  ON c.concept = ident(o.procedure_concept_id) AND c.source = ident(o.procedure_source_concept_id)
 AND c.word = word_of(o.procedure_concept_id, o.procedure_source_concept_id, o.procedure_source_value)
WHERE subject_of(o.person_id) <> ''
"""
_JUDGED = """
j AS (
  SELECT v.*, CASE
      WHEN v.value < 0 AND v.amount AND NOT v.signed THEN 'impossible value: ' || v.value || ' ' || v.unit || ' is negative'
      WHEN v.value IS NULL OR (v.comparator IS NOT NULL AND v.unit IS NULL) THEN NULL
      WHEN g.problem IS NOT NULL THEN g.problem
      WHEN v.comparator IS NULL AND (v.value * g.scale + g.shift < g.low OR v.value * g.scale + g.shift > g.high)
        THEN 'impossible value: ' || g.analyte || ' ' || v.value || coalesce(' ' || v.unit, '') || ' is outside ' || g.low || '–' || g.high || ' ' || g.target
    END AS judged
  FROM v LEFT JOIN judgements g ON g.system = v.system AND g.code = v.code AND g.unit = coalesce(v.unit, '')
)
"""
MEASUREMENT = (
    """
WITH v AS (
  SELECT subject_of(o.person_id) AS subject, c.*, num(o.value_as_number) AS value, u.unit, coalesce(u.amount, FALSE) AS amount, p.sign AS comparator,
         CASE WHEN n.presence IS NOT NULL AND (b.problem IS NOT NULL OR b.answer <> n.says) THEN 'unknown' ELSE n.presence END AS answered,
         n.system AS value_system, n.code AS value_code, n.name AS text,
         CASE WHEN num(o.value_as_number) IS NOT NULL AND (b.problem IS NOT NULL OR b.sign IS DISTINCT FROM p.sign AND b.sign IS NOT NULL
                OR none_is(b.numbers, num(o.value_as_number)) OR differs(num(o.value_source_value), num(o.value_as_number)) OR q.said IS NOT NULL) THEN 'the source says something else'
              WHEN num(o.value_as_number) IS NOT NULL AND u.odd THEN 'the unit of the source is another'
              WHEN n.presence IS NOT NULL AND (b.problem IS NOT NULL OR b.answer <> n.says) THEN 'the source says something else' END AS against,
         CASE WHEN name_of(o.operator_concept_id) <> '' AND p.word IS NULL THEN 'the operator ' || left(name_of(o.operator_concept_id), 20) || ' is none of the model' END AS strange,
         CASE WHEN m.word IS NOT NULL THEN 'the specimen is of something else' END AS elsewhere,
         first_day(measurement_date, measurement_datetime) AS first_day,
         last_day_of(measurement_date, measurement_datetime) AS last_day,
         clock(measurement_datetime) AS time, ahead(measurement_datetime) AS utc_offset, num(range_low) AS reference_low, num(range_high) AS reference_high,
         CASE WHEN c.named THEN 'measurement/' || name_of(measurement_id) END AS resource, o.origin_file
  FROM cdm_measurement o JOIN codes_measurement c
    ON c.concept = ident(o.measurement_concept_id) AND c.source = ident(o.measurement_source_concept_id)
   AND c.word = word_of(o.measurement_concept_id, o.measurement_source_concept_id, o.measurement_source_value)
  LEFT JOIN units u ON u.concept = ident(o.unit_concept_id) AND u.printed = txt(o.unit_source_value)
  LEFT JOIN materials m ON m.word = txt(o.measurement_source_value) AND m.code = c.code AND c.system = 'LOINC'
  LEFT JOIN operators p ON p.word = name_of(o.operator_concept_id)
  LEFT JOIN meanings n ON n.concept = ident(o.value_as_concept_id) AND num(o.value_as_number) IS NULL AND NOT unread(o.value_as_number)
  LEFT JOIN beside b ON b.word = txt(o.value_source_value)
  LEFT JOIN odd_pairs q ON q.said = b.unit AND q.unit = u.unit
  WHERE subject_of(o.person_id) <> ''
    AND (c.of_unit IS NULL OR c.of_unit = coalesce(u.unit, '') AND num(o.value_as_number) BETWEEN c.least AND c.most)
    AND in_reach(c.first_reach, c.last_reach, first_day(measurement_date, measurement_datetime), last_day_of(measurement_date, measurement_datetime))
), """
    + _JUDGED
    + """
SELECT subject, system, code, display, value, CASE WHEN value IS NULL THEN NULL ELSE unit END AS unit, text, value_system, value_code,
       CASE WHEN strange IS NULL THEN comparator END AS comparator,
       said AS presence, first_day, last_day, time, utc_offset, reference_low, reference_high,
       CASE WHEN lead = '' THEN NULL ELSE CAST(json_object('same-as', lead) AS VARCHAR) END AS attributes,
       nullif(concat_ws(';', strange, CASE WHEN strange IS NULL AND silent THEN 'no value' END, against, elsewhere, judged), '') AS problems, resource, origin_file
FROM (
  SELECT *, name AS display, value IS NULL AND answered IS NULL AND value_code IS NULL AS silent,
         CASE WHEN value IS NOT NULL OR value_code IS NOT NULL THEN 'present' ELSE coalesce(answered, 'unknown') END AS said FROM j
) WHERE NOT broader OR said <> 'absent'
"""
)
OBSERVATION = (
    """
WITH v AS (
  SELECT subject_of(o.person_id) AS subject, c.*, num(o.value_as_number) AS value, u.unit, coalesce(u.amount, FALSE) AS amount, CAST(NULL AS VARCHAR) AS comparator,
         CASE WHEN n.presence IS NOT NULL AND (b.problem IS NOT NULL OR s.problem IS NOT NULL OR b.answer <> n.says OR s.answer <> n.says) THEN 'unknown'
              WHEN n.presence = 'absent' AND (name_of(o.qualifier_concept_id) NOT IN ('', '0') OR txt(o.qualifier_source_value) <> '') THEN 'not-applicable'
              ELSE n.presence END AS answered,
         CASE WHEN num(o.value_as_number) IS NOT NULL AND (coalesce(b.problem, s.problem, b.sign, s.sign, q.said, w.said) IS NOT NULL
                OR none_is(b.numbers, num(o.value_as_number)) OR differs(num(o.value_source_value), num(o.value_as_number))
                OR none_is(s.numbers, num(o.value_as_number)) OR differs(num(o.value_as_string), num(o.value_as_number))) THEN 'the source says something else'
              WHEN num(o.value_as_number) IS NOT NULL AND u.odd THEN 'the unit of the source is another'
              WHEN n.presence IS NOT NULL AND (b.problem IS NOT NULL OR s.problem IS NOT NULL OR b.answer <> n.says OR s.answer <> n.says) THEN 'the source says something else' END AS against,
         n.system AS value_system, n.code AS value_code, n.name AS meant, txt(o.value_as_string) AS words, unread(o.value_as_number) AS unread,
         first_day(observation_date, observation_datetime) AS first_day,
         last_day_of(observation_date, observation_datetime) AS last_day,
         clock(observation_datetime) AS time, ahead(observation_datetime) AS utc_offset,
         'observation/' || name_of(observation_id) AS resource, o.origin_file
  FROM cdm_observation o JOIN codes_observation c
    ON c.concept = ident(o.observation_concept_id) AND c.source = ident(o.observation_source_concept_id)
   AND c.word = word_of(o.observation_concept_id, o.observation_source_concept_id, o.observation_source_value)
  LEFT JOIN units u ON u.concept = ident(o.unit_concept_id) AND u.printed = txt(o.unit_source_value)
  LEFT JOIN meanings n ON n.concept = ident(o.value_as_concept_id) AND num(o.value_as_number) IS NULL AND NOT unread(o.value_as_number)
  LEFT JOIN beside b ON b.word = txt(o.value_source_value)
  LEFT JOIN odd_pairs q ON q.said = b.unit AND q.unit = u.unit
  LEFT JOIN beside s ON s.word = txt(o.value_as_string)
  LEFT JOIN odd_pairs w ON w.said = s.unit AND w.unit = u.unit
  WHERE subject_of(o.person_id) <> ''
    AND (c.of_unit IS NULL OR c.of_unit = coalesce(u.unit, '') AND num(o.value_as_number) BETWEEN c.least AND c.most)
    AND in_reach(c.first_reach, c.last_reach, first_day(observation_date, observation_datetime), last_day_of(observation_date, observation_datetime))
), """
    + _JUDGED
    + """
SELECT subject, system, code, name AS display, value, CASE WHEN value IS NULL THEN NULL ELSE unit END AS unit,
       CASE WHEN unread THEN NULL WHEN silent THEN nullif(words, '') ELSE meant END AS text, value_system, value_code, said AS presence,
       first_day, last_day, time, utc_offset,
       CASE WHEN said = 'not-applicable' AND lead = '' THEN CAST(json_object('part', '{part}') AS VARCHAR)
            WHEN said = 'not-applicable' THEN CAST(json_object('part', '{part}', 'same-as', lead) AS VARCHAR)
            WHEN lead = '' THEN NULL ELSE CAST(json_object('same-as', lead) AS VARCHAR) END AS attributes,
       nullif(concat_ws(';', CASE WHEN said = 'unknown' AND silent THEN 'no value' END, against, judged), '') AS problems, resource, origin_file
FROM (
  SELECT *, value IS NULL AND answered IS NULL AND value_code IS NULL AS silent,
         CASE WHEN value IS NOT NULL OR value_code IS NOT NULL THEN 'present' WHEN answered IS NOT NULL THEN answered WHEN unread THEN 'unknown'
              WHEN words <> '' OR finding THEN 'present' ELSE 'unknown' END AS said FROM j
) WHERE NOT broader OR said <> 'absent'
""".replace("{part}", PART)
)


DEVICE = """
SELECT subject_of(o.person_id) AS subject, c.system, c.code, c.name AS display, CASE WHEN c.untold THEN 'unknown' ELSE 'present' END AS presence,
       first_of(device_exposure_start_date) AS first_day, last_of(device_exposure_start_date) AS last_day, TRUE AS persists, TRUE AS ended,
       CASE WHEN txt(device_exposure_end_date) <> '' THEN first_of(device_exposure_end_date) ELSE first_of(device_exposure_start_date) END AS until_first,
       last_of(device_exposure_end_date) AS until_last,
       CAST(CASE WHEN lead = '' THEN json_object('kind', 'device-exposure') ELSE json_object('kind', 'device-exposure', 'same-as', lead) END AS VARCHAR) AS attributes,
       CASE WHEN last_of(device_exposure_end_date) < first_of(device_exposure_start_date)
            THEN 'it ends ' || last_of(device_exposure_end_date) || ' before it starts ' || first_of(device_exposure_start_date) END AS problems,
       'device_exposure/' || name_of(device_exposure_id) AS resource, origin_file
FROM cdm_device_exposure o JOIN codes_device c
    ON c.concept = ident(o.device_concept_id) AND c.source = ident(o.device_source_concept_id)
   AND c.word = word_of(o.device_concept_id, o.device_source_concept_id, o.device_source_value)
WHERE subject_of(o.person_id) <> ''
"""
SPECIMEN = """
SELECT subject_of(o.person_id) AS subject, c.system, c.code, c.name AS display, CASE WHEN c.untold THEN 'unknown' ELSE 'present' END AS presence,
       first_day(specimen_date, specimen_datetime) AS first_day, last_day_of(specimen_date, specimen_datetime) AS last_day,
       clock(specimen_datetime) AS time, ahead(specimen_datetime) AS utc_offset,
       CAST(CASE WHEN lead = '' THEN json_object('kind', 'specimen') ELSE json_object('kind', 'specimen', 'same-as', lead) END AS VARCHAR) AS attributes,
       'specimen/' || name_of(specimen_id) AS resource, origin_file
FROM cdm_specimen o JOIN codes_specimen c
    ON c.concept = ident(o.specimen_concept_id) AND c.source = ident(o.specimen_source_concept_id)
   AND c.word = word_of(o.specimen_concept_id, o.specimen_source_concept_id, o.specimen_source_value)
WHERE subject_of(o.person_id) <> ''
"""
NOTE = """
SELECT subject_of(o.person_id) AS subject, 'Proband' AS system, k.code, k.name AS display, 'unknown' AS presence, TRUE AS persists, TRUE AS ended,
       first_of(note_date) AS first_day, last_of(note_date) AS last_day, first_of(note_date) AS until_first, CAST(NULL AS DATE) AS until_last,
       '{"kind":"unread"}' AS attributes, 'note/' || name_of(note_id) AS resource, o.origin_file
FROM cdm_note o JOIN notes_say k ON k.concept = ident(o.note_class_concept_id)
WHERE subject_of(o.person_id) <> '' AND txt(o.note_text) <> ''
"""


def _mention(table: str, word: str, days: str, codes: str) -> str:
    """The query for what rows name without saying that the person has it."""
    return f"""
SELECT subject_of(o.person_id) AS subject, c.system, c.code, c.name AS display, 'present' AS presence, TRUE AS persists, TRUE AS ended,
       first_of({days}) AS first_day, last_of({days}) AS last_day, first_of({days}) AS until_first, CAST(NULL AS DATE) AS until_last,
       CAST(json_object('kind', 'mention', 'where', '{word}') AS VARCHAR) AS attributes,
       '{table}/' || name_of({table}_id) AS resource, o.origin_file
FROM cdm_{table} o {codes}
WHERE subject_of(o.person_id) <> ''
"""


def _named_as_value(stem: str) -> str:
    """The query for the diagnoses that values of a table name."""
    return _mention(
        stem, "value_as_concept_id", f"{stem}_date",
        f"""JOIN codes_named_{stem} c ON c.concept = ident(o.value_as_concept_id) AND num(o.value_as_number) IS NULL AND NOT unread(o.value_as_number)
  ANTI JOIN family_{stem} f ON f.concept = ident(o.{stem}_concept_id) AND f.source = ident(o.{stem}_source_concept_id)
   AND f.word = word_of(o.{stem}_concept_id, o.{stem}_source_concept_id, o.{stem}_source_value)""",
    )  # fmt: skip


NAMED_BY_SOURCE = _mention(
    "condition_occurrence", "condition_source_value", "condition_start_date",
    """JOIN codes_named_condition c ON c.concept = ident(o.condition_concept_id) AND c.source = ident(o.condition_source_concept_id)
   AND c.word = txt(o.condition_source_value)""",
)  # fmt: skip

#: table → the queries that read it
QUERIES: dict[str, tuple[str, ...]] = {
    "person": (PERSON, SEX),
    "death": (DEATH,),
    "visit_occurrence": (VISIT, DIED_THERE),
    "observation_period": (PERIOD,),
    "condition_occurrence": (CONDITION, DISEASE, NAMED_BY_SOURCE),
    "drug_exposure": (DRUG,),
    "procedure_occurrence": (PROCEDURE,),
    "measurement": (MEASUREMENT, _named_as_value("measurement")),
    "observation": (OBSERVATION, _named_as_value("observation")),
    "device_exposure": (DEVICE,),
    "specimen": (SPECIMEN,),
    "note": (NOTE,),
}


#: stem of a concept → the table whose rows it codes
CODED = {
    "condition": "condition_occurrence", "drug": "drug_exposure", "procedure": "procedure_occurrence", "measurement": "measurement",
    "observation": "observation", "device": "device_exposure", "specimen": "specimen",
}  # fmt: skip


def _of(kind: str, query: str) -> str:
    """The same of other codes than those that are wanted: of ``every`` one, or of those that are ``denied`` or stand in ``several`` files."""
    return query.replace("JOIN codes_", f"JOIN {kind}_").replace(
        "JOIN diseases_condition ", "JOIN whole_condition "
    )


#: table → what makes its rows of ``observations``, of the codes and days that are wanted
STATEMENTS = {
    table: tuple(f"INSERT INTO observations BY NAME {query}" for query in queries)
    for table, queries in QUERIES.items()
}
#: table → how many facts it gives by file, system and code; how many of them are doubted, dated, and later than a day
COUNTS = {
    table: tuple(
        f"SELECT origin_file, system, code, count(*), {'count(problems)' if 'AS problems' in query else '0'}, "
        f"{'count(first_day), count(*) FILTER (first_day > $day)' if 'first_day' in query else '0, 0'} FROM ({_of('every', query)}) GROUP BY ALL"
        for query in queries
    )
    for table, queries in QUERIES.items()
}
#: table → what makes the facts of the people in the table ``asked``, of whatever code
OF_PEOPLE = {
    table: tuple(
        f"INSERT INTO facts_of_people BY NAME SELECT * FROM ({_of('every', query)}) WHERE subject IN (SELECT subject FROM asked)"
        for query in queries
    )
    for table, queries in QUERIES.items()
}

#: table → the people of whom it has a row and the table of persons has none: they are people too
NAMED_ELSEWHERE = {
    table: f"""INSERT INTO observations BY NAME
        SELECT subject_of(person_id) AS subject, 'OMOP' AS system, 'person' AS code, 'unknown' AS presence
        FROM (SELECT DISTINCT person_id FROM cdm_{table} ANTI JOIN cdm_person USING (person_id)) WHERE subject_of(person_id) <> ''"""
    for table in QUERIES
    if table != "person"
}

#: conditions of which the source's own word alone says what they are, by file
IN_WORDS = """
SELECT o.origin_file, count(*) FROM cdm_condition_occurrence o
ANTI JOIN every_named_condition c ON c.concept = 0 AND c.source = 0 AND c.word = txt(o.condition_source_value)
WHERE subject_of(person_id) <> '' AND ident(condition_concept_id) = 0 AND ident(condition_source_concept_id) = 0 GROUP BY ALL
"""

#: drugs of which the source's own word alone says what they are, by file
DRUGS_IN_WORDS = """
SELECT o.origin_file, count(*) FROM cdm_drug_exposure o
WHERE subject_of(person_id) <> '' AND ident(drug_concept_id) = 0 AND ident(drug_source_concept_id) = 0 GROUP BY ALL
"""
#: stem → rows whose concepts the vocabulary has not, by file; a code of the source says what such a number does not
UNKNOWN_CONCEPTS = {
    stem: f"""
SELECT o.origin_file, count(*) FROM cdm_{table} o {named}
WHERE subject_of(person_id) <> '' AND (ident({stem}_concept_id) <> 0 OR ident({stem}_source_concept_id) <> 0)
  AND ident({stem}_concept_id) NOT IN (SELECT concept FROM known) AND ident({stem}_source_concept_id) NOT IN (SELECT concept FROM known) GROUP BY ALL
"""
    for stem, table, named in (
        (
            "condition",
            "condition_occurrence",
            """ANTI JOIN every_named_condition c ON c.concept = ident(o.condition_concept_id) AND c.source = ident(o.condition_source_concept_id)
  AND c.word = txt(o.condition_source_value)""",
        ),
        ("drug", "drug_exposure", ""),
    )
}

# -- whose facts may disagree: more people than do, and none fewer

#: people with several records of what a person has once
TWICE = tuple(
    f"INSERT INTO suspects SELECT subject_of(person_id) FROM cdm_{table} GROUP BY ALL HAVING count(*) > 1"
    for table in ("person", "death")
)
LIVES = """
CREATE OR REPLACE TEMP TABLE lives AS
SELECT subject, min(first_day) FILTER (code = 'birth-date') AS born, max(last_day) FILTER (code = 'vital-status') AS died
FROM (SELECT subject, code, first_day, last_day FROM ({person}) UNION ALL SELECT subject, code, first_day, last_day FROM ({death})) GROUP BY subject
""".replace("{person}", PERSON).replace("{death}", DEATH)
#: table → people of whom it has a day before the birth or after the death
OUTSIDE = {
    table: f"""INSERT INTO suspects SELECT DISTINCT subject FROM cdm_{table} JOIN lives ON subject = subject_of(person_id)
        WHERE last_day_of({days}) < born OR first_day({days}) > died"""
    for table, days in {
        "visit_occurrence": "visit_start_date, NULL", "condition_occurrence": "condition_start_date, NULL", "drug_exposure": "drug_exposure_start_date, NULL",
        "procedure_occurrence": "procedure_date, procedure_datetime", "measurement": "measurement_date, measurement_datetime",
        "observation": "observation_date, observation_datetime", "device_exposure": "device_exposure_start_date, NULL", "specimen": "specimen_date, specimen_datetime",
        "note": "note_date, NULL",
    }.items()
}  # fmt: skip
#: which codes are said to be absent, and which have results in several files
DOUBTFUL = """
CREATE OR REPLACE TEMP TABLE doubtful AS
WITH said AS (
  SELECT e.stem, e.concept, e.source, e.word, e.origin_file, bool_or(coalesce(n.presence = 'absent', FALSE)) AS denied
  FROM ({each}) e LEFT JOIN meanings n ON n.concept = e.answer GROUP BY ALL
), coded AS (SELECT 'measurement' AS stem, * FROM every_measurement UNION ALL SELECT 'observation', * FROM every_observation)
SELECT system, code, bool_or(denied) AS denied, count(DISTINCT origin_file) > 1 AS several FROM said JOIN coded USING (stem, concept, source, word) GROUP BY ALL
""".replace(
    "{each}",
    " UNION ALL ".join(
        f"""SELECT '{stem}' AS stem, ident({stem}_concept_id) AS concept, ident({stem}_source_concept_id) AS source,
         word_of({stem}_concept_id, {stem}_source_concept_id, {stem}_source_value) AS word,
         ident(value_as_concept_id) AS answer, origin_file FROM cdm_{stem}"""
        for stem in ("measurement", "observation")
    ),
)
#: kind of doubt → the codes of a table that are in it
NARROWED = {
    kind: {stem: f"CREATE OR REPLACE TEMP TABLE {kind}_{stem} AS SELECT e.* FROM every_{stem} e SEMI JOIN (FROM doubtful WHERE {kind}) d USING (system, code)" for stem in CODED}
    for kind in ("denied", "several")
}  # fmt: skip
#: people of whom a code is said to be there and not to be there, of one day or of a day that is not known
DENIED = f"""
INSERT INTO suspects SELECT subject FROM (
  {" UNION ALL BY NAME ".join(f"SELECT * FROM ({_of('denied', QUERIES[table][0])})" for table in CODED.values())}
) WHERE value IS NULL AND presence IN ('present', 'absent') GROUP BY subject, system, code
HAVING bool_or(presence = 'absent') AND bool_or(presence = 'present') AND (bool_or(first_day IS NULL AND last_day IS NULL)
  OR list_has_any(list(first_day) FILTER (presence = 'present' AND first_day IS NOT NULL), list(first_day) FILTER (presence = 'absent' AND first_day IS NOT NULL)))
"""
#: people of whom two files say different things of one moment
SEVERAL = f"""
INSERT INTO suspects SELECT subject FROM (
  {" UNION ALL BY NAME ".join(f"SELECT * FROM ({_of('several', QUERIES[table][0])})" for table in ("measurement", "observation"))}
) WHERE presence IN ('present', 'absent') AND first_day IS NOT NULL AND (value IS NOT NULL OR text IS NOT NULL)
GROUP BY subject, system, code, coalesce(time, CAST(first_day AS TIMESTAMP))
HAVING count(DISTINCT origin_file) > 1 AND count(DISTINCT (presence, comparator, value, unit, value_code, text)) > 1
"""
