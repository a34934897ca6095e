-- The same as sqlite/0005_agency_desk.sql.
CREATE INDEX intent_at_desk ON intent (partner, sequence) WHERE reason = 'AT_DESK';
