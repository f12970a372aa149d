DROP TABLE agent_metrics;
DROP TABLE agent_logs;
DROP TABLE skill_embeddings;
DROP TABLE skill_files;
DROP TABLE document_embeddings;
DROP TABLE feedback_entries;
DROP TABLE task_artifacts;
DROP TABLE escalations;
DROP TABLE tasks;
DROP TABLE client_profile_entries;
DROP TABLE clients;

-- A table takes its triggers with it, but not the function they call, and not the types of its columns.
DROP FUNCTION refuse_profile_change();
DROP TYPE taskstatus;

-- Without CASCADE: should a table that is not ours use it, the statement fails and nothing is lost.
DROP EXTENSION IF EXISTS vector;
