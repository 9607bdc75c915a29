-- Posts and absence per staff resource and ISO week: full-time equivalents employed, and the days of
-- Monday to Friday that those employed were (or are booked to be) absent.
-- $first, $last: Mondays of the first and last week.
with weeks as (
    select unnest(generate_series($first::date, $last::date, interval 7 day))::date as week
),
employed as (
    select w.week, e.resource_id, e.person_key, e.share
    from weeks w join employments e
    on e.valid_from < w.week + 7 and coalesce(e.valid_to, date '9999-12-31') >= w.week
),
absent as (
    select
        e.week, e.resource_id,
        e.share * greatest(0, date_diff('day', greatest(a.date_from, e.week), least(a.date_to, e.week + 4)) + 1)
            as days,
        a.kind = 'vacation' as is_vacation
    from employed e join absences a
    on a.person_key = e.person_key and (a.resource_id is null or a.resource_id = e.resource_id)
        and a.date_from <= e.week + 4 and a.date_to >= e.week
),
away as (
    select
        week, resource_id,
        coalesce(sum(days) filter (where is_vacation), 0) as vacation_days,
        coalesce(sum(days) filter (where not is_vacation), 0) as other_days
    from absent
    group by all
),
posts as (select week, resource_id, sum(share) as fte from employed group by all)
select
    p.resource_id, p.week, p.fte,
    coalesce(a.vacation_days, 0) as vacation_days,
    coalesce(a.other_days, 0) as other_days
from posts p left join away a using (week, resource_id)
order by all
