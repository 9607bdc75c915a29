-- Contacts with a mark on the dearest of inpatient and of outpatient care (ytterfall), exactly their share rounded.
-- $inpatient, $outpatient: the shares.
with placed as (
    select
        *,
        row_number() over (partition by is_inpatient order by ore desc, contact_id) as place,
        count(*) over (partition by is_inpatient) as many
    from contacts
)
select
    number, contact_id, patient_key, unit_id, service_id, kind, drg, drg_weight, diagnosis, month, is_inpatient, ore,
    place <= floor(many * case when is_inpatient then $inpatient else $outpatient end + 0.5) as is_outlier
from placed
