-- The tasks that the agent may start at run time, and the code bundles they are made of.

CREATE TABLE task_registry (
  name                 text NOT NULL,
  description          text NOT NULL DEFAULT '',
  queue                text NOT NULL DEFAULT 'default',
  allowed_tenants      text[] NOT NULL DEFAULT '{}',
  persona_scopes       text[] NOT NULL DEFAULT '{}',
  tags                 text[] NOT NULL DEFAULT '{}',
  argument_schema      jsonb NOT NULL DEFAULT '{}',
  retry_policy         jsonb NOT NULL DEFAULT '{"max_attempts": 1}',
  rate_limit           text,
  soft_timeout_seconds integer,
  hard_timeout_seconds integer,
  enabled              boolean NOT NULL DEFAULT true,
  created_by           text,
  created_at           timestamp with time zone NOT NULL DEFAULT now(),
  updated_at           timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT pk_task_registry PRIMARY KEY (name),
  CONSTRAINT ck_task_registry_name CHECK (name ~ '^[a-z][a-z0-9_.-]*$'),
  CONSTRAINT ck_task_registry_argument_schema CHECK (jsonb_typeof(argument_schema) = 'object'),
  CONSTRAINT ck_task_registry_retry_policy CHECK (jsonb_typeof(retry_policy) = 'object'),
  CONSTRAINT ck_task_registry_soft_timeout CHECK (soft_timeout_seconds > 0),
  CONSTRAINT ck_task_registry_hard_timeout CHECK (hard_timeout_seconds >= coalesce(soft_timeout_seconds, 1))
);

-- The scheduler asks for the enabled tasks of one queue; disabled ones are the few that need no index.
CREATE INDEX ix_task_registry_queue ON task_registry (queue) WHERE enabled;
CREATE INDEX ix_task_registry_tags ON task_registry USING gin (tags);

COMMENT ON TABLE task_registry IS 'Tasks that can be started at run time.';
COMMENT ON COLUMN task_registry.allowed_tenants IS 'Tenants that may run it; empty means every tenant.';
COMMENT ON COLUMN task_registry.persona_scopes IS 'Personas that may run it; empty means every persona.';
COMMENT ON COLUMN task_registry.argument_schema IS 'JSON Schema of the arguments; an empty object accepts anything.';
COMMENT ON COLUMN task_registry.rate_limit IS 'As the worker writes it, such as 10/m; NULL means unlimited.';

CREATE TABLE task_artifacts (
  id          uuid NOT NULL DEFAULT gen_random_uuid(),
  task_name   text NOT NULL,
  version     text NOT NULL,
  storage_uri text NOT NULL,
  sha256      text NOT NULL,
  size_bytes  bigint NOT NULL,
  metadata    jsonb NOT NULL DEFAULT '{}',
  created_by  text,
  created_at  timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT pk_task_artifacts PRIMARY KEY (id),
  -- Its index also serves the foreign key below.
  CONSTRAINT uq_task_artifacts_task_name_version UNIQUE (task_name, version),
  CONSTRAINT ck_task_artifacts_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  CONSTRAINT ck_task_artifacts_size_bytes CHECK (size_bytes >= 0),
  CONSTRAINT fk_task_artifacts_task_name
    FOREIGN KEY (task_name) REFERENCES task_registry (name) ON UPDATE CASCADE ON DELETE CASCADE
);

-- "Where is this bundle in use?"
CREATE INDEX ix_task_artifacts_sha256 ON task_artifacts (sha256);

COMMENT ON TABLE task_artifacts IS 'Code bundles of registered tasks, one row a version.';
COMMENT ON COLUMN task_artifacts.sha256 IS 'Lower-case hex digest, checked before a worker loads the bundle.';
