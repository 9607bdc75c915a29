-- Contacts on a day after the patient's death that were not cancelled.
select c.*, p._file as other_file, p._row as other_row
from contacts c join patients p using (patient_key)
where c.starts_at::date > p.deceased and c.status not in ('cancelled_patient', 'cancelled_provider', 'late_cancelled')
