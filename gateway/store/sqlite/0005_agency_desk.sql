-- What waits for a partner at its own page; partners that are sent to have no part in this index.
CREATE INDEX intent_at_desk ON intent (partner, sequence) WHERE reason = 'AT_DESK';
