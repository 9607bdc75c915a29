-- In all these files a statement joins at most two large tables: DuckDB moves one join to disk, but not several at once.

-- The key of every Patient; one that was replaced has the key of the one in its place, one or two steps on.
create table made.own as
select 'Patient/' || id as reference, key, replaced_by from staged.patients where id is not null and key is not null;

create table made.keys as
select reference, key from made.own where replaced_by is null
union all
select r.reference, coalesce(o.key, r.key)
from (
    select a.reference, a.key, coalesce(b.replaced_by, a.replaced_by) as goal
    from made.own a
    left join made.own b on b.reference = a.replaced_by and b.replaced_by is not null
    where a.replaced_by is not null
) r
left join made.own o on o.reference = r.goal;

-- One row per person: what the newest resource says; protected or dead when any of them says so.
create table made.patients as
select
    p.file, p.row, 'Patient' as resource,
    coalesce(k.key, p.key) as patient_key,
    substr(birth, 1, 4) as birth_year,
    sex, municipality,
    day_text(max(nullif(deceased, '?')) over same) as deceased,
    coalesce(max(deceased) over same = '?', false) as without_day,
    if(bool_or(protected = 'ja') over same, 'ja', 'nej') as protected,
    birth
from staged.patients p
left join made.keys k on k.reference = 'Patient/' || p.id
window same as (partition by coalesce(k.key, p.key, p.file || ' ' || p.row))
qualify row_number() over (
    same order by (replaced_by is null) desc, updated desc nulls last, p.file desc, p.row desc
) = 1;

-- Identifiers that are referred by, and belong to one person only.
insert into made.keys
with used as (
    select patient from staged.encounters
    union select patient from staged.appointments
    union select patient from staged.referrals
)
select 'Patient?identifier=' || t.token, min(k.key)
from staged.tokens t join made.keys k on k.reference = t.patient
where 'Patient?identifier=' || t.token in (select patient from used where starts_with(patient, 'Patient?identifier='))
group by t.token having count(distinct k.key) = 1;

create table made.people as
select k.reference, k.key, p.birth, p.sex, p.municipality
from made.keys k left join made.patients p on p.patient_key = k.key;
