-- Posts and absence per staff resource and ISO week: full-time equivalents employed, counted by working day, how many
-- working days the week has, and on how many of them those employed were (or are booked to be) absent. A day counts
-- once, and as vacation only where nothing else is registered for it. Shares are decimals here: their sum does not
-- depend on the order. $first, $last: Mondays of the first and last week. $holidays: days that nobody works.
with days as (
    select day::date as day, date_trunc('week', day)::date as week
    from (select unnest(generate_series($first::date, $last::date + 4, interval 1 day)) as day)
    where isodow(day) <= 5 and not list_contains($holidays::date[], day::date)
),
weeks as (select week, count(*) as worked from days group by week),
employed as (
    select d.week, d.day, e.resource_id, e.person_key, sum(e.share::decimal(9, 6)) as share
    from days d join employments e on e.valid_from <= d.day and coalesce(e.valid_to, date '9999-12-31') >= d.day
    group by all
),
absent as (
    select a.person_key, a.resource_id, d.day, bool_and(a.kind = 'vacation') as is_vacation
    from absences a join days d on d.day between a.date_from and a.date_to
    group by all
),
away as (
    select e.week, e.day, e.resource_id, e.person_key, max(e.share) as share, bool_and(a.is_vacation) as is_vacation
    from employed e join absent a
    on a.person_key = e.person_key and a.day = e.day and (a.resource_id is null or a.resource_id = e.resource_id)
    group by all
),
posts as (
    select week, resource_id, worked, (sum(share) / worked)::double as fte
    from employed join weeks using (week)
    group by week, resource_id, worked
),
gone as (
    select
        week, resource_id,
        coalesce(sum(share) filter (where is_vacation), 0) as vacation_days,
        coalesce(sum(share) filter (where not is_vacation), 0) as other_days
    from away group by all
)
select
    p.resource_id, p.week, p.worked, p.fte,
    coalesce(g.vacation_days, 0)::double as vacation_days,
    coalesce(g.other_days, 0)::double as other_days
from posts p left join gone g using (week, resource_id)
order by all
