-- The one key of every person: by reference, and by each identifier that belongs to one person only.
create table made.keys as
with own as (
    select 'Patient/' || id as reference, key, replaced_by from staged.patients where id is not null and key is not null
), followed as (
    select a.reference, coalesce(c.key, b.key, a.key) as key
    from own a
    left join own b on b.reference = a.replaced_by
    left join own c on c.reference = b.replaced_by
)
select reference, key from followed
union all
select 'Patient?identifier=' || token, min(key)
from staged.tokens join followed on reference = patient
group by token having count(distinct key) = 1;

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
