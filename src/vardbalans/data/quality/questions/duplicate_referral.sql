-- The same referral under two ids: same patient, service, day of issue, and contact it came from.
with numbered as (
    select
        *,
        count(*) over (partition by patient_key, service_id, issued, origin_contact_id) as alike,
        coalesce(lead(_file) over turn, first_value(_file) over turn) as other_file,
        coalesce(lead(_row) over turn, first_value(_row) over turn) as other_row
    from referrals
    where hash(patient_key, service_id, issued, origin_contact_id) in (
        select hash(patient_key, service_id, issued, origin_contact_id) as mark from referrals group by mark having count(*) > 1
    ) and patient_key is not null and issued is not null
    window turn as (partition by patient_key, service_id, issued, origin_contact_id order by _file, _row)
)
select * from numbered where alike > 1
