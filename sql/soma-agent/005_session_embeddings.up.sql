-- The memory of a session, searchable by meaning.

CREATE TABLE session_embeddings (
  id          uuid NOT NULL DEFAULT gen_random_uuid(),
  session_id  text NOT NULL,
  chunk_index integer NOT NULL,
  content     text NOT NULL,
  embedding   vector(384) NOT NULL,
  metadata    jsonb NOT NULL DEFAULT '{}',
  created_at  timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT pk_session_embeddings PRIMARY KEY (id),
  CONSTRAINT uq_session_embeddings_session_id_chunk_index UNIQUE (session_id, chunk_index),
  CONSTRAINT ck_session_embeddings_chunk_index CHECK (chunk_index >= 0)
);

-- HNSW rather than IVFFlat: IVFFlat learns its lists from the rows that are there when it is built, and a table made
-- by a migration has none. Cosine, because the model's vectors are not normalised.
CREATE INDEX ix_session_embeddings_embedding ON session_embeddings USING hnsw (embedding vector_cosine_ops);

COMMENT ON TABLE session_embeddings IS 'Pieces of conversations with their vectors.';
COMMENT ON COLUMN session_embeddings.embedding IS
  '384 dimensions, as all-MiniLM-L6-v2 makes them; another model needs another column.';
