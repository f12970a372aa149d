-- Sources refer to requests, so they go first. No IF EXISTS: what is missing here was lost without a migration, and
-- that should be noticed.
DROP TABLE sources;
DROP TABLE acquisition_requests;

DROP TYPE acquisitionrequeststatus;
DROP TYPE authoritytier;
DROP TYPE sourcestatus;
DROP TYPE sourcetype;
