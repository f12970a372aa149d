-- What a new installation starts with.
--
-- Ids and times are written out, for two reasons: the down can delete exactly these rows and no row that somebody
-- else added, and applying, reverting and applying again gives the same rows and not merely similar ones.
--
-- ON CONFLICT DO NOTHING names no constraint on purpose: a row that is there already wins, whether it has the same id
-- (this file ran before, and an operator may have changed the row since) or the same name (it was made by hand).

INSERT INTO tool_catalog (id, name, description, category, parameter_schema, cost_impact, created_at, updated_at) VALUES
  ('5a010000-0000-4000-8000-000000000001', 'echo', 'Returns its input; for checking the tool chain.', 'diagnostics',
   '{"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}',
   'none', '2025-01-01 00:00:00+00', '2025-01-01 00:00:00+00'),
  ('5a010000-0000-4000-8000-000000000002', 'document_ingest', 'Reads a document into the memory of the session.', 'memory',
   '{"type": "object", "properties": {"uri": {"type": "string", "format": "uri"}}, "required": ["uri"]}',
   'medium', '2025-01-01 00:00:00+00', '2025-01-01 00:00:00+00'),
  ('5a010000-0000-4000-8000-000000000003', 'memory_search', 'Finds pieces of the session''s memory by meaning.', 'memory',
   '{"type": "object", "properties": {"query": {"type": "string"}, "limit": {"type": "integer", "minimum": 1}}, "required": ["query"]}',
   'low', '2025-01-01 00:00:00+00', '2025-01-01 00:00:00+00'),
  ('5a010000-0000-4000-8000-000000000004', 'http_fetch', 'Fetches a URL that the tenant''s allow-list permits.', 'network',
   '{"type": "object", "properties": {"url": {"type": "string", "format": "uri"}}, "required": ["url"]}',
   'low', '2025-01-01 00:00:00+00', '2025-01-01 00:00:00+00'),
  ('5a010000-0000-4000-8000-000000000005', 'code_execute', 'Runs a program in the sandbox.', 'execution',
   '{"type": "object", "properties": {"language": {"type": "string"}, "code": {"type": "string"}}, "required": ["code"]}',
   'high', '2025-01-01 00:00:00+00', '2025-01-01 00:00:00+00')
ON CONFLICT DO NOTHING;

INSERT INTO multimodal_capabilities
  (id, tool_name, provider, step_kind, input_types, output_types, limits, cost_tier, created_at, updated_at) VALUES
  ('5a020000-0000-4000-8000-000000000001', 'image_generation', 'openai', 'generate', '{text}', '{image}',
   '{"max_resolution": "1792x1024"}', 'premium', '2025-01-01 00:00:00+00', '2025-01-01 00:00:00+00'),
  ('5a020000-0000-4000-8000-000000000002', 'diagram_rendering', 'mermaid', 'generate', '{text}', '{diagram}',
   '{"max_source_bytes": 50000}', 'free', '2025-01-01 00:00:00+00', '2025-01-01 00:00:00+00'),
  ('5a020000-0000-4000-8000-000000000003', 'screenshot_capture', 'playwright', 'capture', '{}', '{screenshot}',
   '{"max_resolution": "3840x2160"}', 'free', '2025-01-01 00:00:00+00', '2025-01-01 00:00:00+00'),
  ('5a020000-0000-4000-8000-000000000004', 'transcription', 'whisper', 'transcribe', '{audio,video}', '{document}',
   '{"max_seconds": 7200}', 'low', '2025-01-01 00:00:00+00', '2025-01-01 00:00:00+00')
ON CONFLICT DO NOTHING;

INSERT INTO prompts (id, name, version, body, variables, is_active, created_by, created_at) VALUES
  ('5a030000-0000-4000-8000-000000000001', 'multimodal_planner', 1,
   'Turn the request into the smallest list of steps that fulfils it. Use only these capabilities: {{capabilities}}. '
   'Stay within {{budget_cents}} cents. Request: {{request}}',
   '{capabilities,budget_cents,request}', true, 'migration 006', '2025-01-01 00:00:00+00'),
  ('5a030000-0000-4000-8000-000000000002', 'asset_critic', 1,
   'Judge how well the asset fulfils the request, from 0 to 1, and say in one sentence why. Request: {{request}}',
   '{request}', true, 'migration 006', '2025-01-01 00:00:00+00'),
  ('5a030000-0000-4000-8000-000000000003', 'session_summary', 1,
   'Summarise the conversation for somebody who continues it. Keep decisions, names and open questions. {{transcript}}',
   '{transcript}', true, 'migration 006', '2025-01-01 00:00:00+00')
ON CONFLICT DO NOTHING;
