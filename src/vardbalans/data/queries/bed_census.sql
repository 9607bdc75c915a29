-- Who lies where at whole hours: patients, outliers and beds, a row per ward and moment.
-- $first and $after: the first day and the day after the last. $hour: the local hour of each day, null for all hours.
-- homes: ward_id, clinic_id and main, a row for each clinic that a ward belongs to; one ward of each clinic is its main.
-- A stay counts at the moments from its admission until before its discharge, in the ward where the patient lies. It is
-- an outlier's when the ward is not one of the responsible clinic's; it is away from that clinic's main ward then.
-- Beds are null where the table has no row of the ward and day. What is open is physical too, whatever the table says:
-- one ward with more open than it has would hide what another has closed. is_again: the hour comes for the second time,
-- when the clock has been moved back.
with moments as (
    select unnest(
        generate_series($first::date::timestamptz, $after::date::timestamptz - interval 1 hour, interval 1 hour)
    ) as moment
),
spells as (
    -- From the first whole hour that each lies there until the first that she no longer does. Counted in microseconds:
    -- truncated by the clock on the wall, the hour before it is moved back ends in the second of the two alike.
    select
        s.ward_id, m.ward_id as main, h.ward_id is null as is_outlier,
        greatest(
            make_timestamptz((epoch_us(s.admitted) + 3599999999) // 3600000000 * 3600000000), $first::date::timestamptz
        ) as since,
        make_timestamptz((epoch_us(s.discharged) + 3599999999) // 3600000000 * 3600000000) as until
    from stays s
    left join homes h on h.ward_id = s.ward_id and h.clinic_id = s.clinic_id
    left join homes m on m.main and m.clinic_id = s.clinic_id
    where s.admitted < $after::date::timestamptz
        and (s.discharged is null or s.discharged > $first::date::timestamptz)
),
changes as (
    select ward_id, main, is_outlier, since as moment, 1 as change from spells
    union all
    select ward_id, main, is_outlier, until, -1 from spells where until is not null
),
by_ward as (
    select ward_id, moment, sum(change) as change, sum(change) filter (is_outlier) as outliers from changes group by all
),
by_home as (
    select main as ward_id, moment, sum(change) as away from changes where is_outlier and main is not null group by all
),
wards as (
    select ward_id from stays union select ward_id from beds
),
lying as (
    select
        ward_id, moment,
        sum(coalesce(change, 0)) over since_first as occupied,
        sum(coalesce(outliers, 0)) over since_first as outliers,
        sum(coalesce(away, 0)) over since_first as away
    from wards cross join moments left join by_ward using (ward_id, moment) left join by_home using (ward_id, moment)
    window since_first as (partition by ward_id order by moment)
)
select
    l.moment::timestamp as moment, l.ward_id,
    l.occupied::bigint as occupied, l.outliers::bigint as outliers, l.away::bigint as away,
    if(b.available is null, null, greatest(l.occupied - b.available, 0))::bigint as overcrowded,
    b.available, greatest(b.physical, b.available) as physical,
    (l.moment - interval 1 hour)::timestamp = l.moment::timestamp as is_again
from lying l left join beds b on b.ward_id = l.ward_id and b.date = l.moment::date
where $hour is null or extract(hour from l.moment) = $hour
order by l.moment, l.ward_id
