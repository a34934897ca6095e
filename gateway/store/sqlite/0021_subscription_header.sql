-- What stands in `Authorization` of a subscription's notices, sealed under the network's key; empty without.
ALTER TABLE subscription ADD COLUMN header BLOB NOT NULL DEFAULT x'';
