-- Stays with a night or part of one from $first until $after, as the engine measures them: hours of local time.
-- homes: as in bed_census.sql. Hours are since a Monday 00 (1970-01-05); until is null for who is still there.
-- home: the ward they lie in where it is one of the clinic's, else the clinic's main ward; null without any.
select
    s.ward_id,
    coalesce(h.ward_id, m.ward_id) as home,
    s.clinic_id,
    s.acute,
    s.patient_key,
    h.ward_id is null as is_outlier,
    epoch_ms(s.admitted::timestamp) / 3.6e6 - 96.0 as since,
    epoch_ms(s.discharged::timestamp) / 3.6e6 - 96.0 as until
from stays s
left join homes h on h.ward_id = s.ward_id and h.clinic_id = s.clinic_id
left join homes m on m.main and m.clinic_id = s.clinic_id
where s.admitted::date < $after and (s.discharged is null or s.discharged::date >= $first)
    and (s.discharged is null or s.discharged >= s.admitted)
order by s.admitted, s.stay_id
