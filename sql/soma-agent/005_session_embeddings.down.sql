DROP TABLE session_embeddings;
