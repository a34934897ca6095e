-- Whom a partner has referred itself: its own list of what it has asked others for.
CREATE INDEX intent_referred_by ON intent (source_partner, patient_id) WHERE kind = 'referral';
