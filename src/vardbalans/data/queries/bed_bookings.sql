-- Contacts with a time booked ahead that may lead to a bed, a row each: when, and what came of it.
-- $first and $after: the days between which they begin. homes: as in bed_census.sql. unit_clinics: unit_id, clinic_id.
-- home is the main ward of the clinic. admitted_hour is the hour of day at which the same patient was admitted there, not
-- acutely, on the day of the contact; null where there was no such stay. Hours as in bed_stays.sql.
with planned as (
    select
        c.contact_id, c.patient_key, c.service_id, c.status, c.starts_at, m.ward_id as home, m.clinic_id,
        epoch_ms(c.starts_at::timestamp) / 3.6e6 - 96.0 as start,
        epoch_ms(c.booked_at::timestamp) / 3.6e6 - 96.0 as booked
    from contacts c join services s using (service_id)
    join unit_clinics u on u.unit_id = c.unit_id
    join homes m on m.main and m.clinic_id = u.clinic_id
    where s.kind in ('surgery', 'inpatient', 'treatment', 'day_care')
        and c.booked_at is not null and c.booked_at < c.starts_at
        and c.starts_at::date >= $first and c.starts_at::date < $after
    -- A stay that is booked beside its operation is one; an operation is booked first.
    qualify row_number() over (
        partition by c.patient_key, m.ward_id, c.starts_at::date order by s.kind = 'surgery' desc, c.starts_at, c.contact_id
    ) = 1
),
led as (
    select p.contact_id, min(date_diff('minute', s.admitted::date::timestamp, s.admitted::timestamp)) / 60.0 as hour
    from planned p join stays s
        on s.patient_key = p.patient_key and s.clinic_id = p.clinic_id and not s.acute
        and s.admitted::date = p.starts_at::date
    group by all
)
select p.service_id, p.home, p.status, p.start, p.booked, l.hour as admitted_hour
from planned p left join led l using (contact_id)
order by p.start, p.contact_id
