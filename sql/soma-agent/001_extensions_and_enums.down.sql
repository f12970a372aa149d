DROP TYPE step_kind;
DROP TYPE execution_status;
DROP TYPE job_status;
DROP TYPE capability_health;
DROP TYPE asset_type;

-- The extension is this migration's, so it goes with it. Without CASCADE: should a table that is not ours use it,
-- the statement fails and nothing is lost.
DROP EXTENSION IF EXISTS vector;
