-- The contact of each event: the one the source names, or by the first matching rule that gives one, the nearest in time.
-- A contact of another patient bears nothing: it may be in another part, and what is wrong here is the row.
with tried as (
    select
        e.number as event, c.number as contact,
        row_number() over (
            partition by e.number
            order by r.rank, r.rule_id, abs(epoch(c.starts_at) - epoch(e.given_at)), c.number
        ) as place
    from events e
    left join clinic_of k on k.unit_id = e.unit_id
    join matching r on r.kind = e.kind
    join near c
        on c.patient_key = e.patient_key
        and epoch(e.given_at) >= epoch(c.starts_at) - r.hours_before * 3600
        and epoch(e.given_at) <= epoch(c.ends_at) + r.hours_after * 3600
        and (r.service_kind is null or r.service_kind = c.kind)
        and (
            r.place = 'any' or r.place = 'unit' and c.unit_id = e.unit_id
            or r.place = 'clinic' and c.clinic_id = k.clinic_id
        )
    where e.contact_id is null
)
select event, contact from tried where place = 1
union all
select e.number, c.number from events e join near c on c.contact_id = e.contact_id and c.patient_key = e.patient_key
