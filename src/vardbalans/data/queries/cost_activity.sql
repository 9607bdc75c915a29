-- What each contact used of each pool, in whole thousandths of the pool's unit. What has no contact goes by its own number.
with theatre as (
    select
        contact_id,
        sum((epoch(room_out) - epoch(room_in)) / 60) as room,
        sum((epoch(room_out) - epoch(anaesthesia_start)) / 60) as anaesthesia
    from operations where status = 'performed' and contact_id is not null
    group by contact_id
),
placed as (
    select e.* exclude (number), coalesce(m.contact, e.number) as number
    from events e left join matches m on m.event = e.number
),
used as (
    -- A resource's minutes per activity; on theatre the minutes that were, where they are known.
    select
        c.number, p.pool,
        case p.basis
            when 'theatre_minutes' then coalesce(t.room, r.minutes)
            when 'anaesthesia_minutes' then coalesce(t.anaesthesia, r.minutes)
            else r.minutes
        end as quantity
    from near c
    join activity_minutes r on r.service_id = c.service_id
    join pools p on p.resource_id = r.resource_id and p.basis in ('recipe', 'theatre_minutes', 'anaesthesia_minutes')
    left join theatre t on t.contact_id = c.contact_id
    where c.is_inside
    union all
    -- A resource's minutes per day of stay on its ward, weighted by care category.
    select e.number, p.pool, e.quantity * r.minutes * coalesce(w.weight, 1)
    from placed e
    join ward_minutes r on r.ward_id = e.ward_id
    join pools p on p.resource_id = r.resource_id and p.basis = 'recipe'
    left join weights w on w.pool = p.pool and w.dimension = 'care_category' and w.value = e.code
    where e.kind = 'stay'
    union all
    select
        e.number, p.pool,
        e.quantity * case p.basis when 'bed_hours' then 24 else 1 end * coalesce(w.weight, 1)
    from placed e
    join pool_units u on u.unit_id = e.ward_id
    join pools p on p.pool = u.pool and p.basis in ('bed_days', 'bed_hours') and (p.kind = '' or p.kind = e.code)
    left join weights w on w.pool = p.pool and w.dimension = 'care_category' and w.value = e.code
    where e.kind = 'stay'
    union all
    -- Visits and other contacts by profession, form, kind and service; or by their DRG weight.
    select
        c.number, p.pool,
        case p.basis when 'drg_weight' then c.drg_weight else
            coalesce(a.weight, 1) * coalesce(b.weight, 1) * coalesce(k.weight, 1) * coalesce(s.weight, 1)
        end
    from near c
    join pool_units u on u.unit_id = c.unit_id
    join pools p on p.pool = u.pool and p.basis in ('contacts', 'drg_weight')
    left join weights a on a.pool = p.pool and a.dimension = 'profession' and a.value = c.profession
    left join weights b on b.pool = p.pool and b.dimension = 'form' and b.value = c.form
    left join weights k on k.pool = p.pool and k.dimension = 'service_kind' and k.value = c.kind
    left join weights s on s.pool = p.pool and s.dimension = 'service' and s.value = c.service_id
    where c.is_inside
    union all
    -- Imaging, laboratory, drugs, implants, purchased care: by number and weight, or by what each cost.
    select
        e.number, p.pool,
        case p.basis when 'items' then e.quantity * coalesce(w.weight, 1) else e.amount_ore / 100.0 end
    from placed e
    join pools p on p.basis in ('items', 'item_amounts') and (p.kind = '' or p.kind = e.kind)
    left join weights w on w.pool = p.pool and w.dimension = 'item' and w.value = e.code
    where e.kind <> 'stay'
        and (not p.is_bound or exists (select 1 from pool_units u where u.pool = p.pool and u.unit_id = e.unit_id))
)
select number, pool, cast(round(quantity * 1000) as bigint) as quantity
from used where round(quantity * 1000) > 0
