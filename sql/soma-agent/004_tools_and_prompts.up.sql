-- The tools that the agent can call, which tenant may use them, and the prompts in every version.

CREATE TABLE tool_catalog (
  id               uuid NOT NULL DEFAULT gen_random_uuid(),
  name             text NOT NULL,
  description      text NOT NULL,
  category         text NOT NULL,
  parameter_schema jsonb NOT NULL DEFAULT '{}',
  cost_impact      text NOT NULL DEFAULT 'low',
  enabled          boolean NOT NULL DEFAULT true,
  created_at       timestamp with time zone NOT NULL DEFAULT now(),
  updated_at       timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT pk_tool_catalog PRIMARY KEY (id),
  CONSTRAINT uq_tool_catalog_name UNIQUE (name),
  CONSTRAINT ck_tool_catalog_name CHECK (name ~ '^[a-z][a-z0-9_]*$'),
  CONSTRAINT ck_tool_catalog_parameter_schema CHECK (jsonb_typeof(parameter_schema) = 'object'),
  CONSTRAINT ck_tool_catalog_cost_impact CHECK (cost_impact IN ('none', 'low', 'medium', 'high'))
);

CREATE INDEX ix_tool_catalog_category ON tool_catalog (category);

COMMENT ON TABLE tool_catalog IS 'Tools that the agent can call.';
COMMENT ON COLUMN tool_catalog.name IS 'The name that the model sees.';
COMMENT ON COLUMN tool_catalog.parameter_schema IS 'JSON Schema that is sent to the model.';
COMMENT ON COLUMN tool_catalog.enabled IS 'Off switches it off for everybody, whatever tenant_tool_flags says.';

-- A flag is a deviation from the catalogue and means nothing without the tool, so it goes with it.
CREATE TABLE tenant_tool_flags (
  tenant_id  text NOT NULL,
  tool_id    uuid NOT NULL,
  enabled    boolean NOT NULL,
  reason     text,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT pk_tenant_tool_flags PRIMARY KEY (tenant_id, tool_id),
  CONSTRAINT fk_tenant_tool_flags_tool_id FOREIGN KEY (tool_id) REFERENCES tool_catalog (id) ON DELETE CASCADE
);

-- The primary key begins with the tenant and is no help to the foreign key.
CREATE INDEX ix_tenant_tool_flags_tool_id ON tenant_tool_flags (tool_id);

COMMENT ON TABLE tenant_tool_flags IS 'Where a tenant deviates from the catalogue; no row means the catalogue decides.';

CREATE TABLE prompts (
  id         uuid NOT NULL DEFAULT gen_random_uuid(),
  name       text NOT NULL,
  version    integer NOT NULL,
  body       text NOT NULL,
  variables  text[] NOT NULL DEFAULT '{}',
  is_active  boolean NOT NULL DEFAULT false,
  created_by text,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT pk_prompts PRIMARY KEY (id),
  CONSTRAINT uq_prompts_name_version UNIQUE (name, version),
  CONSTRAINT ck_prompts_version CHECK (version >= 1)
);

-- At most one version of a prompt is the one in use.
CREATE UNIQUE INDEX uq_prompts_name_active ON prompts (name) WHERE is_active;

COMMENT ON TABLE prompts IS 'Prompts in every version; a changed text is a new version, never an edited row.';
COMMENT ON COLUMN prompts.variables IS 'Names that the body expects as {{name}}.';
