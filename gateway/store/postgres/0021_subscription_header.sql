-- The same as sqlite/0021_subscription_header.sql.
ALTER TABLE subscription ADD COLUMN header BYTEA NOT NULL DEFAULT ''::bytea;
