-- The contacts of the partition that a result can be about: those of the span, and those with cost in it.
select
    c.number, c.contact_id, c.patient_key, c.unit_id, c.service_id, c.kind, c.drg, c.drg_weight, c.diagnosis,
    strftime(c.starts_at, '%Y-%m') as month,
    c.kind = 'inpatient' or c.number in (
        select m.contact from matches m join events e on e.number = m.event where e.kind = 'stay'
    ) as is_inpatient
from near c
where c.is_inside or c.number in (select number from activity)
