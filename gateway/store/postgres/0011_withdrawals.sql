-- The same as sqlite/0011_withdrawals.sql.
-- Withdrawals of which somebody may still have to be told, by their entry of the audit log. `open`: until everybody who
-- received something under the consent was told. Those of before this table are looked at once more.
CREATE TABLE withdrawal (
    audit_seq  BIGINT PRIMARY KEY,
    patient_id TEXT COLLATE "C" NOT NULL,
    open       BIGINT NOT NULL DEFAULT 1 CHECK (open IN (0, 1))
);
CREATE INDEX withdrawal_open ON withdrawal (audit_seq) WHERE open = 1;
CREATE INDEX withdrawal_patient ON withdrawal (patient_id, audit_seq) WHERE open = 1;
INSERT INTO withdrawal (audit_seq, patient_id) SELECT seq, patient_id FROM audit WHERE kind = 'revoke' AND patient_id IS NOT NULL;
