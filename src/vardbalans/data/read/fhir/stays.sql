-- Stays: one row per ward that the patient lay on in turn. The first has the encounter's id, later ones a number too,
-- so that a stay keeps its id when the patient moves on.
create table made.wards as
with moved as (
    select
        m.file, m.row, m.encounter, m.starts, m.ends,
        p.unit_id as ward_id,
        row_number() over here as nth,
        p.unit_id is distinct from lag(p.unit_id) over here as moves
    from staged.moves m left join made.places p on p.reference = m.place
    window here as (partition by m.file, m.row, m.encounter order by try_cast(m.starts as timestamptz), m.number)
), turns as (
    select *, sum(moves::integer) over (partition by file, row, encounter order by nth) as turn from moved
)
select
    file, row, encounter, turn,
    any_value(ward_id) as ward_id, arg_min(starts, nth) as starts, arg_max(ends, nth) as ends
from turns group by all;

create table made.turns as
select
    e.file, e.row, e.id, e.patient, e.status, e.acute,
    u.unit_id as clinic_id, w.ward_id,
    coalesce(w.turn, 1) as turn,
    if(coalesce(w.turn, 1) = 1, coalesce(e.starts, w.starts), w.starts) as admitted,
    if(lead(w.turn) over turns is null, e.ends, coalesce(lead(w.starts) over turns, w.ends)) as discharged
from staged.encounters e
left join made.wards w on w.file = e.file and w.row = e.row and w.encounter = e.id
left join made.places u on u.reference = e.provider
where e.home = 'stays'
window turns as (partition by e.file, e.row, e.id order by w.turn);

create table made.stays as
select
    x.file, x.row, 'Encounter' as resource,
    x.id || if(x.turn = 1, '', '/' || x.turn) as stay_id,
    person(k.key, x.patient) as patient_key,
    is_stranger(k.key, x.patient) as patient_unknown,
    coalesce(x.clinic_id, above.parent_id, x.ward_id) as clinic_id,
    coalesce(x.ward_id, x.clinic_id) as ward_id,
    instant(x.admitted) as admitted, instant(x.discharged) as discharged,
    x.status = 'finished' and x.discharged is null as not_ended,
    x.acute
from made.turns x
left join made.people k on k.reference = x.patient
left join made.units above on above.unit_id = x.ward_id;
