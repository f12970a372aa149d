-- Back to the planned models. A row that was there before 002 gets its old values back, unless it was changed since:
-- then its new values are mapped like those of a new row.
--
--   sourcetype                        sourcestatus               authoritytier
--     documentation  -> document        pending  -> pending        tier_1_canonical -> tier1
--     website        -> web             active   -> complete       tier_2_trusted   -> tier2
--     standards_body -> standard        failed   -> failed         tier_3_community -> tier3
--     blog           -> web       (*)   archived -> complete (*)
--     repository     -> web       (*)
--
--   acquisitionrequeststatus          priority: as it is, the old column takes any integer
--     pending   -> pending
--     approved  -> in_progress
--     completed -> completed
--     rejected  -> cancelled
--
-- What cannot come back with the next up:
--   (*) blog and repository return as website, archived as active: it was ingested, and the old model has no word
--       for "no longer searched".
--   description and requested_by have no place in the old model and go, with their content.
--   Titles of 501 to 512 characters are cut to 500. Failing instead would block the way back for the sake of a few
--       characters, so the cut is made visible: the title ends in three dots and a warning names the rows.

DO $$
DECLARE
  ids text;
BEGIN
  SELECT string_agg(id::text, ', ' ORDER BY id) INTO ids FROM sources WHERE length(title) > 500;
  IF ids IS NOT NULL THEN
    RAISE WARNING 'titles longer than 500 characters are cut in sources with id %', ids;
  END IF;
END $$;

DROP INDEX ix_acquisition_requests_url;

ALTER TABLE acquisition_requests RENAME COLUMN processed_at TO completed_at;
ALTER TABLE sources RENAME COLUMN last_crawled_at TO last_ingested_at;

ALTER TYPE sourcetype RENAME TO sourcetype_since_002;
ALTER TYPE sourcestatus RENAME TO sourcestatus_since_002;
ALTER TYPE authoritytier RENAME TO authoritytier_since_002;
ALTER TYPE acquisitionrequeststatus RENAME TO acquisitionrequeststatus_since_002;

DO $$ BEGIN
  CREATE TYPE sourcetype AS ENUM ('document', 'web', 'standard');
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;

DO $$ BEGIN
  CREATE TYPE sourcestatus AS ENUM ('pending', 'ingesting', 'complete', 'failed');
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;

DO $$ BEGIN
  CREATE TYPE authoritytier AS ENUM ('tier1', 'tier2', 'tier3');
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;

DO $$ BEGIN
  CREATE TYPE acquisitionrequeststatus AS ENUM ('pending', 'in_progress', 'completed', 'failed', 'cancelled');
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;

COMMENT ON TYPE sourcetype IS 'What kind of thing a source is.';
COMMENT ON TYPE sourcestatus IS 'How far the ingestion of a source has come.';
COMMENT ON TYPE authoritytier IS 'How much a source is trusted; tier1 is the highest.';
COMMENT ON TYPE acquisitionrequeststatus IS 'How far an acquisition request has come.';

-- What the up remembered counts only while the row still has the value that the up made of it.
ALTER TABLE acquisition_requests
  DROP CONSTRAINT ck_acquisition_requests_priority,
  ALTER COLUMN status DROP DEFAULT,
  ALTER COLUMN status TYPE acquisitionrequeststatus USING (
    CASE
      WHEN status = 'rejected' AND status_before_002 = 'failed' THEN 'failed'
      WHEN status = 'rejected' THEN 'cancelled'
      WHEN status = 'pending' THEN 'pending'
      WHEN status = 'approved' THEN 'in_progress'
      WHEN status = 'completed' THEN 'completed'
    END
  )::acquisitionrequeststatus,
  ALTER COLUMN priority TYPE integer USING
    CASE
      WHEN priority_before_002 = 0 AND priority = 3 THEN priority_before_002
      WHEN priority_before_002 < 0 AND priority = 1 THEN priority_before_002
      WHEN priority_before_002 > 5 AND priority = 5 THEN priority_before_002
      ELSE priority
    END,
  ALTER COLUMN status SET DEFAULT 'pending',
  ALTER COLUMN priority SET DEFAULT 0;

ALTER TABLE sources
  ALTER COLUMN status DROP DEFAULT,
  ALTER COLUMN authority_tier DROP DEFAULT,
  ALTER COLUMN title TYPE varchar(500) USING
    CASE WHEN length(title) > 500 THEN left(title, 497) || '...' ELSE title END,
  ALTER COLUMN source_type TYPE sourcetype USING (
    CASE source_type
      WHEN 'documentation' THEN 'document'
      WHEN 'website' THEN 'web'
      WHEN 'standards_body' THEN 'standard'
      WHEN 'blog' THEN 'web'
      WHEN 'repository' THEN 'web'
    END
  )::sourcetype,
  ALTER COLUMN status TYPE sourcestatus USING (
    CASE
      WHEN status = 'pending' AND status_before_002 = 'ingesting' THEN 'ingesting'
      WHEN status = 'pending' THEN 'pending'
      WHEN status = 'active' THEN 'complete'
      WHEN status = 'failed' THEN 'failed'
      WHEN status = 'archived' THEN 'complete'
    END
  )::sourcestatus,
  ALTER COLUMN authority_tier TYPE authoritytier USING (
    CASE authority_tier
      WHEN 'tier_1_canonical' THEN 'tier1'
      WHEN 'tier_2_trusted' THEN 'tier2'
      WHEN 'tier_3_community' THEN 'tier3'
    END
  )::authoritytier,
  ALTER COLUMN status SET DEFAULT 'pending',
  ALTER COLUMN authority_tier SET DEFAULT 'tier3';

ALTER TABLE acquisition_requests
  DROP COLUMN priority_before_002,
  DROP COLUMN status_before_002,
  DROP COLUMN requested_by;

ALTER TABLE sources
  DROP COLUMN status_before_002,
  DROP COLUMN description;

DROP TYPE acquisitionrequeststatus_since_002;
DROP TYPE authoritytier_since_002;
DROP TYPE sourcestatus_since_002;
DROP TYPE sourcetype_since_002;

COMMENT ON COLUMN acquisition_requests.completed_at IS 'When the request reached a final status.';
COMMENT ON COLUMN acquisition_requests.priority IS NULL;
COMMENT ON COLUMN sources.last_ingested_at IS 'When its content was last ingested; NULL before the first time.';
