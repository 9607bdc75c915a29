-- The contacts of the partition that a result can be about: those of the span, and those with cost in it.
select
    c.contact_id, c.patient_key, c.unit_id, c.service_id, c.kind, c.drg, c.drg_weight, c.diagnosis,
    strftime(c.starts_at, '%Y-%m') as month,
    c.kind = 'inpatient' or m.contact_id is not null as is_inpatient
from near c
left join (select distinct contact_id from matches where kind = 'stay') m using (contact_id)
where c.is_inside or exists (select 1 from activity a where a.key = c.contact_id)
