-- What the later migrations build on: pgvector and the vocabulary of the multimodal pipeline.
--
-- Everything here can be applied twice: databases that were set up by the old init scripts have some of it already.
-- UUID keys need no extension, gen_random_uuid() is part of PostgreSQL.

CREATE EXTENSION IF NOT EXISTS vector;

DO $$ BEGIN
  CREATE TYPE asset_type AS ENUM ('text', 'image', 'audio', 'video', 'diagram', 'screenshot', 'document');
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;

DO $$ BEGIN
  CREATE TYPE capability_health AS ENUM ('unknown', 'healthy', 'degraded', 'unavailable');
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;

DO $$ BEGIN
  CREATE TYPE job_status AS ENUM ('pending', 'running', 'completed', 'failed', 'cancelled');
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;

DO $$ BEGIN
  CREATE TYPE execution_status AS ENUM ('pending', 'running', 'succeeded', 'failed', 'skipped');
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;

DO $$ BEGIN
  CREATE TYPE step_kind AS ENUM ('generate', 'transform', 'transcribe', 'capture', 'review', 'compose');
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;

COMMENT ON TYPE asset_type IS 'What a multimodal asset is; "text" only ever as the input of a capability.';
COMMENT ON TYPE capability_health IS 'What the last health check found; unknown until the first one.';
COMMENT ON TYPE job_status IS 'State of a whole job plan.';
COMMENT ON TYPE execution_status IS 'State of one attempt at one step of a job plan.';
COMMENT ON TYPE step_kind IS 'What a step of a job plan does, whichever provider does it.';
