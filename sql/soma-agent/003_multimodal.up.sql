-- The multimodal pipeline: a job plan is carried out in executions, an execution uses a capability and makes an
-- asset, the provenance of the asset is recorded, and outcomes say how well it went.
--
-- What belongs to a plan goes with it (CASCADE). Records that must outlive what they mention (an asset its execution,
-- an execution its capability) lose the reference only (SET NULL).
--
-- Every foreign key has an index that begins with its columns: PostgreSQL makes none by itself.

CREATE TABLE multimodal_assets (
  id          uuid NOT NULL DEFAULT gen_random_uuid(),
  tenant_id   text NOT NULL,
  session_id  text,
  asset_type  asset_type NOT NULL,
  media_type  text NOT NULL,
  storage_uri text NOT NULL,
  sha256      text NOT NULL,
  size_bytes  bigint NOT NULL,
  metadata    jsonb NOT NULL DEFAULT '{}',
  created_at  timestamp with time zone NOT NULL DEFAULT now(),
  expires_at  timestamp with time zone,
  CONSTRAINT pk_multimodal_assets PRIMARY KEY (id),
  -- The same content is stored once per tenant, never shared between tenants.
  CONSTRAINT uq_multimodal_assets_tenant_id_sha256 UNIQUE (tenant_id, sha256),
  CONSTRAINT ck_multimodal_assets_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  CONSTRAINT ck_multimodal_assets_size_bytes CHECK (size_bytes >= 0),
  CONSTRAINT ck_multimodal_assets_expires_at CHECK (expires_at > created_at)
);

CREATE INDEX ix_multimodal_assets_session_id ON multimodal_assets (session_id, created_at);
CREATE INDEX ix_multimodal_assets_asset_type ON multimodal_assets (tenant_id, asset_type);
CREATE INDEX ix_multimodal_assets_expires_at ON multimodal_assets (expires_at) WHERE expires_at IS NOT NULL;

COMMENT ON TABLE multimodal_assets IS
  'Images, recordings and documents that were made or uploaded; the bytes are in the object store.';
COMMENT ON COLUMN multimodal_assets.expires_at IS 'When the clean-up may delete it; NULL keeps it.';

CREATE TABLE multimodal_capabilities (
  id                uuid NOT NULL DEFAULT gen_random_uuid(),
  tool_name         text NOT NULL,
  provider          text NOT NULL,
  step_kind         step_kind NOT NULL,
  input_types       asset_type[] NOT NULL DEFAULT '{}',
  output_types      asset_type[] NOT NULL,
  limits            jsonb NOT NULL DEFAULT '{}',
  cost_tier         text NOT NULL DEFAULT 'standard',
  health            capability_health NOT NULL DEFAULT 'unknown',
  failure_count     integer NOT NULL DEFAULT 0,
  health_checked_at timestamp with time zone,
  enabled           boolean NOT NULL DEFAULT true,
  created_at        timestamp with time zone NOT NULL DEFAULT now(),
  updated_at        timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT pk_multimodal_capabilities PRIMARY KEY (id),
  CONSTRAINT uq_multimodal_capabilities_tool_name_provider UNIQUE (tool_name, provider),
  CONSTRAINT ck_multimodal_capabilities_output_types CHECK (cardinality(output_types) > 0),
  CONSTRAINT ck_multimodal_capabilities_cost_tier CHECK (cost_tier IN ('free', 'low', 'standard', 'premium')),
  CONSTRAINT ck_multimodal_capabilities_failure_count CHECK (failure_count >= 0)
);

-- The planner looks for a step's kind among what can be used right now.
CREATE INDEX ix_multimodal_capabilities_step_kind ON multimodal_capabilities (step_kind, health) WHERE enabled;

COMMENT ON TABLE multimodal_capabilities IS 'What each provider can do, and whether it works at the moment.';
COMMENT ON COLUMN multimodal_capabilities.failure_count IS 'Failures in a row; a success sets it back to 0.';
COMMENT ON COLUMN multimodal_capabilities.limits IS 'Limits of the provider, such as max_resolution or max_seconds.';

CREATE TABLE multimodal_job_plans (
  id            uuid NOT NULL DEFAULT gen_random_uuid(),
  tenant_id     text NOT NULL,
  session_id    text NOT NULL,
  status        job_status NOT NULL DEFAULT 'pending',
  steps         jsonb NOT NULL,
  budget_cents  integer,
  error_message text,
  created_at    timestamp with time zone NOT NULL DEFAULT now(),
  started_at    timestamp with time zone,
  finished_at   timestamp with time zone,
  CONSTRAINT pk_multimodal_job_plans PRIMARY KEY (id),
  CONSTRAINT ck_multimodal_job_plans_steps CHECK (jsonb_typeof(steps) = 'array'),
  CONSTRAINT ck_multimodal_job_plans_budget_cents CHECK (budget_cents >= 0),
  CONSTRAINT ck_multimodal_job_plans_finished_at
    CHECK ((finished_at IS NOT NULL) = (status IN ('completed', 'failed', 'cancelled')))
);

CREATE INDEX ix_multimodal_job_plans_session_id ON multimodal_job_plans (session_id, created_at);
CREATE INDEX ix_multimodal_job_plans_tenant_id ON multimodal_job_plans (tenant_id, created_at);
-- The queue: finished plans are most of the table and never asked for.
CREATE INDEX ix_multimodal_job_plans_open ON multimodal_job_plans (created_at) WHERE status IN ('pending', 'running');

COMMENT ON TABLE multimodal_job_plans IS 'What is to be made for a request, as a list of steps.';
COMMENT ON COLUMN multimodal_job_plans.steps IS 'Array; multimodal_executions.step_index counts it from 0.';
COMMENT ON COLUMN multimodal_job_plans.budget_cents IS 'US cents it may cost; NULL means no limit of its own.';

CREATE TABLE multimodal_executions (
  id            uuid NOT NULL DEFAULT gen_random_uuid(),
  job_plan_id   uuid NOT NULL,
  step_index    integer NOT NULL,
  attempt       integer NOT NULL DEFAULT 1,
  step_kind     step_kind NOT NULL,
  capability_id uuid,
  tool_name     text NOT NULL,
  provider      text NOT NULL,
  status        execution_status NOT NULL DEFAULT 'pending',
  asset_id      uuid,
  latency_ms    integer,
  cost_cents    numeric(12, 4),
  error_code    text,
  error_message text,
  created_at    timestamp with time zone NOT NULL DEFAULT now(),
  started_at    timestamp with time zone,
  finished_at   timestamp with time zone,
  CONSTRAINT pk_multimodal_executions PRIMARY KEY (id),
  -- Two workers cannot take the same attempt. Its index also serves the foreign key to the plan.
  CONSTRAINT uq_multimodal_executions_job_plan_id_step_index_attempt UNIQUE (job_plan_id, step_index, attempt),
  CONSTRAINT ck_multimodal_executions_step_index CHECK (step_index >= 0),
  CONSTRAINT ck_multimodal_executions_attempt CHECK (attempt >= 1),
  CONSTRAINT ck_multimodal_executions_latency_ms CHECK (latency_ms >= 0),
  CONSTRAINT ck_multimodal_executions_cost_cents CHECK (cost_cents >= 0),
  CONSTRAINT ck_multimodal_executions_finished_at
    CHECK ((finished_at IS NOT NULL) = (status IN ('succeeded', 'failed', 'skipped'))),
  CONSTRAINT fk_multimodal_executions_job_plan_id
    FOREIGN KEY (job_plan_id) REFERENCES multimodal_job_plans (id) ON DELETE CASCADE,
  CONSTRAINT fk_multimodal_executions_capability_id
    FOREIGN KEY (capability_id) REFERENCES multimodal_capabilities (id) ON DELETE SET NULL,
  CONSTRAINT fk_multimodal_executions_asset_id
    FOREIGN KEY (asset_id) REFERENCES multimodal_assets (id) ON DELETE SET NULL
);

CREATE INDEX ix_multimodal_executions_capability_id ON multimodal_executions (capability_id, created_at);
CREATE INDEX ix_multimodal_executions_asset_id ON multimodal_executions (asset_id);

COMMENT ON TABLE multimodal_executions IS 'Attempts at the steps of a job plan.';
COMMENT ON COLUMN multimodal_executions.tool_name IS
  'A copy, so that the record stays complete when the capability is gone; so is provider.';
COMMENT ON COLUMN multimodal_executions.asset_id IS 'What it made.';

CREATE TABLE asset_provenance (
  id              uuid NOT NULL DEFAULT gen_random_uuid(),
  asset_id        uuid NOT NULL,
  execution_id    uuid,
  parent_asset_id uuid,
  tool_name       text NOT NULL,
  provider        text NOT NULL,
  prompt_summary  text,
  parameters      jsonb NOT NULL DEFAULT '{}',
  created_at      timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT pk_asset_provenance PRIMARY KEY (id),
  CONSTRAINT ck_asset_provenance_parent_asset_id CHECK (parent_asset_id <> asset_id),
  CONSTRAINT fk_asset_provenance_asset_id
    FOREIGN KEY (asset_id) REFERENCES multimodal_assets (id) ON DELETE CASCADE,
  CONSTRAINT fk_asset_provenance_execution_id
    FOREIGN KEY (execution_id) REFERENCES multimodal_executions (id) ON DELETE SET NULL,
  CONSTRAINT fk_asset_provenance_parent_asset_id
    FOREIGN KEY (parent_asset_id) REFERENCES multimodal_assets (id) ON DELETE SET NULL
);

CREATE INDEX ix_asset_provenance_asset_id ON asset_provenance (asset_id);
CREATE INDEX ix_asset_provenance_execution_id ON asset_provenance (execution_id);
CREATE INDEX ix_asset_provenance_parent_asset_id ON asset_provenance (parent_asset_id);

COMMENT ON TABLE asset_provenance IS 'Where an asset comes from: one row for each thing that went into it.';
COMMENT ON COLUMN asset_provenance.parent_asset_id IS
  'The asset it was derived from; NULL when it was made from nothing but the prompt.';
COMMENT ON COLUMN asset_provenance.prompt_summary IS
  'Shortened and free of personal data; the full prompt is not kept.';

CREATE TABLE multimodal_outcomes (
  id            uuid NOT NULL DEFAULT gen_random_uuid(),
  job_plan_id   uuid NOT NULL,
  execution_id  uuid,
  succeeded     boolean NOT NULL,
  quality_score numeric(4, 3),
  feedback      jsonb NOT NULL DEFAULT '{}',
  created_at    timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT pk_multimodal_outcomes PRIMARY KEY (id),
  CONSTRAINT ck_multimodal_outcomes_quality_score CHECK (quality_score BETWEEN 0 AND 1),
  CONSTRAINT fk_multimodal_outcomes_job_plan_id
    FOREIGN KEY (job_plan_id) REFERENCES multimodal_job_plans (id) ON DELETE CASCADE,
  CONSTRAINT fk_multimodal_outcomes_execution_id
    FOREIGN KEY (execution_id) REFERENCES multimodal_executions (id) ON DELETE CASCADE
);

CREATE INDEX ix_multimodal_outcomes_job_plan_id ON multimodal_outcomes (job_plan_id);
CREATE INDEX ix_multimodal_outcomes_execution_id ON multimodal_outcomes (execution_id);

COMMENT ON TABLE multimodal_outcomes IS 'How well it went; what the planner learns from.';
COMMENT ON COLUMN multimodal_outcomes.execution_id IS 'NULL when the whole plan is judged.';
COMMENT ON COLUMN multimodal_outcomes.quality_score IS '0 to 1; NULL when nobody judged it.';
