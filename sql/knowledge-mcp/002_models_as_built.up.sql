-- The models as they were built: other enum values, priorities from 1 to 5, a few new columns.
--
--   sourcetype                       sourcestatus                 authoritytier
--     document -> documentation        pending   -> pending         tier1 -> tier_1_canonical
--     web      -> website              ingesting -> pending   (*)   tier2 -> tier_2_trusted
--     standard -> standards_body       complete  -> active          tier3 -> tier_3_community
--                                      failed    -> failed
--
--   acquisitionrequeststatus         priority
--     pending     -> pending           1 to 5 -> as it is
--     in_progress -> approved          0      -> 3  (*)  the old default is nobody's choice: it becomes the new default
--     completed   -> completed         < 0    -> 1  (*)
--     cancelled   -> rejected          > 5    -> 5  (*)
--     failed      -> rejected  (*)
--
-- ingesting -> pending: an unfinished ingestion has no usable result and has to be done again.
-- failed -> rejected: both are final. 'approved' would make the server fetch every request that ever failed.
--
-- (*) The new value alone does not tell the old one. status_before_002 and priority_before_002 keep it for these
-- rows, so that the down gives every row back as it was. They are for the down only; once nobody will go back
-- below 002, a later migration may drop them.
--
-- Old values are mapped inside ALTER TABLE (USING) instead of by UPDATE: every table is rewritten exactly once, no
-- trigger fires, and updated_at keeps its meaning. The price is an exclusive lock on both tables for that time.

-- New types instead of ALTER TYPE ... ADD VALUE: PostgreSQL cannot remove a value, and a value added in a
-- transaction cannot be used in the same one.
ALTER TYPE sourcetype RENAME TO sourcetype_before_002;
ALTER TYPE sourcestatus RENAME TO sourcestatus_before_002;
ALTER TYPE authoritytier RENAME TO authoritytier_before_002;
ALTER TYPE acquisitionrequeststatus RENAME TO acquisitionrequeststatus_before_002;

DO $$ BEGIN
  CREATE TYPE sourcetype AS ENUM ('website', 'documentation', 'standards_body', 'blog', 'repository');
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;

DO $$ BEGIN
  CREATE TYPE sourcestatus AS ENUM ('pending', 'active', 'failed', 'archived');
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;

DO $$ BEGIN
  CREATE TYPE authoritytier AS ENUM ('tier_1_canonical', 'tier_2_trusted', 'tier_3_community');
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;

DO $$ BEGIN
  CREATE TYPE acquisitionrequeststatus AS ENUM ('pending', 'approved', 'rejected', 'completed');
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;

COMMENT ON TYPE sourcetype IS 'What kind of thing a source is.';
COMMENT ON TYPE sourcestatus IS 'Whether a source can be searched: active can, archived no longer.';
COMMENT ON TYPE authoritytier IS 'How much a source is trusted.';
COMMENT ON TYPE acquisitionrequeststatus IS 'What has been decided on an acquisition request.';

-- New columns stand at the end, so that the down leaves the others in their order.
ALTER TABLE sources
  ADD COLUMN description text,
  ADD COLUMN status_before_002 text;

ALTER TABLE acquisition_requests
  ADD COLUMN requested_by text,
  ADD COLUMN status_before_002 text,
  ADD COLUMN priority_before_002 integer;

-- Every expression below sees the row as it was before this statement, whatever the order of the lines. Defaults go
-- first because those of the old type cannot be cast.
ALTER TABLE sources
  ALTER COLUMN status DROP DEFAULT,
  ALTER COLUMN authority_tier DROP DEFAULT,
  ALTER COLUMN title TYPE varchar(512),
  ALTER COLUMN source_type TYPE sourcetype USING (
    CASE source_type
      WHEN 'document' THEN 'documentation'
      WHEN 'web' THEN 'website'
      WHEN 'standard' THEN 'standards_body'
    END
  )::sourcetype,
  ALTER COLUMN status TYPE sourcestatus USING (
    CASE status
      WHEN 'pending' THEN 'pending'
      WHEN 'ingesting' THEN 'pending'
      WHEN 'complete' THEN 'active'
      WHEN 'failed' THEN 'failed'
    END
  )::sourcestatus,
  ALTER COLUMN authority_tier TYPE authoritytier USING (
    CASE authority_tier
      WHEN 'tier1' THEN 'tier_1_canonical'
      WHEN 'tier2' THEN 'tier_2_trusted'
      WHEN 'tier3' THEN 'tier_3_community'
    END
  )::authoritytier,
  ALTER COLUMN status_before_002 TYPE text USING CASE status WHEN 'ingesting' THEN 'ingesting' END,
  ALTER COLUMN status SET DEFAULT 'pending',
  ALTER COLUMN authority_tier SET DEFAULT 'tier_3_community';

ALTER TABLE acquisition_requests
  ALTER COLUMN status DROP DEFAULT,
  ALTER COLUMN status TYPE acquisitionrequeststatus USING (
    CASE status
      WHEN 'pending' THEN 'pending'
      WHEN 'in_progress' THEN 'approved'
      WHEN 'completed' THEN 'completed'
      WHEN 'cancelled' THEN 'rejected'
      WHEN 'failed' THEN 'rejected'
    END
  )::acquisitionrequeststatus,
  ALTER COLUMN status_before_002 TYPE text USING CASE status WHEN 'failed' THEN 'failed' END,
  ALTER COLUMN priority TYPE integer USING
    CASE
      WHEN priority = 0 THEN 3
      WHEN priority < 0 THEN 1
      WHEN priority > 5 THEN 5
      ELSE priority
    END,
  ALTER COLUMN priority_before_002 TYPE integer USING
    CASE WHEN priority NOT BETWEEN 1 AND 5 THEN priority END,
  ALTER COLUMN status SET DEFAULT 'pending',
  ALTER COLUMN priority SET DEFAULT 3,
  ADD CONSTRAINT ck_acquisition_requests_priority CHECK (priority BETWEEN 1 AND 5);

DROP TYPE sourcetype_before_002;
DROP TYPE sourcestatus_before_002;
DROP TYPE authoritytier_before_002;
DROP TYPE acquisitionrequeststatus_before_002;

-- Renamed instead of added and dropped: the times that are there stay, and so does the place in the table.
ALTER TABLE sources RENAME COLUMN last_ingested_at TO last_crawled_at;
ALTER TABLE acquisition_requests RENAME COLUMN completed_at TO processed_at;

-- "Has somebody asked for this URL before?"
CREATE INDEX ix_acquisition_requests_url ON acquisition_requests (url);

COMMENT ON COLUMN sources.description IS 'What the source is about, in a few sentences.';
COMMENT ON COLUMN sources.last_crawled_at IS 'When it was last fetched; NULL before the first time.';
COMMENT ON COLUMN sources.status_before_002 IS
  'Only for the down of migration 002: the status before it, where the new one does not tell.';
COMMENT ON COLUMN acquisition_requests.processed_at IS 'When the request was decided or fulfilled.';
COMMENT ON COLUMN acquisition_requests.priority IS '1 to 5; 3 unless somebody chose.';
COMMENT ON COLUMN acquisition_requests.requested_by IS
  'Who asked: a user or an agent; NULL for requests older than this column.';
COMMENT ON COLUMN acquisition_requests.status_before_002 IS
  'Only for the down of migration 002: the status before it, where the new one does not tell.';
COMMENT ON COLUMN acquisition_requests.priority_before_002 IS
  'Only for the down of migration 002: the priority before it, where it was not within 1 to 5.';
