-- Cost by unit, service, DRG, diagnosis and month, and by the last four within each unit. innerfall are all but the
-- outliers. unit_id is that of a group within a unit, null for the others.
select
    case
        when grouping(service_id) = 0 then 'service' when grouping(drg) = 0 then 'drg'
        when grouping(diagnosis) = 0 then 'diagnosis' when grouping(month) = 0 then 'month' else 'unit'
    end as grouped_by,
    case when grouping(service_id, drg, diagnosis, month) < 15 then unit_id end as unit_id,
    coalesce(service_id, drg, diagnosis, month, if(grouping(service_id, drg, diagnosis, month) = 15, unit_id, ''), '')
        as name,
    count(*) as contacts,
    count(distinct patient_key) as patients,
    cast(sum(ore) as bigint) as ore,
    count(*) filter (where is_outlier) as outliers,
    count(*) filter (where not is_outlier) as inner_contacts,
    cast(coalesce(sum(ore) filter (where not is_outlier), 0) as bigint) as inner_ore,
    coalesce(avg(ore) filter (where not is_outlier), 0) as inner_mean,
    coalesce(stddev_samp(ore) filter (where not is_outlier), 0) as inner_deviation,
    coalesce(sum(drg_weight) filter (where not is_outlier), 0) as inner_points,
    cast(coalesce(sum(ore) filter (where not is_outlier and drg_weight is not null), 0) as bigint) as inner_weighted_ore
from costed
group by grouping sets (
    (unit_id), (service_id), (drg), (diagnosis), (month),
    (unit_id, service_id), (unit_id, drg), (unit_id, diagnosis), (unit_id, month)
)
order by 1, 3, 2
