-- Exactly the rows of the up, by their ids: a row of the same name that was there before has another id and stays.
--
-- Tenant flags on these tools go with them (ON DELETE CASCADE), executions only lose the reference to the capability.
-- A change that an operator made to one of these rows is lost: the next up brings back the original.

DELETE FROM prompts WHERE id IN (
  '5a030000-0000-4000-8000-000000000001',
  '5a030000-0000-4000-8000-000000000002',
  '5a030000-0000-4000-8000-000000000003'
);

DELETE FROM multimodal_capabilities WHERE id IN (
  '5a020000-0000-4000-8000-000000000001',
  '5a020000-0000-4000-8000-000000000002',
  '5a020000-0000-4000-8000-000000000003',
  '5a020000-0000-4000-8000-000000000004'
);

DELETE FROM tool_catalog WHERE id IN (
  '5a010000-0000-4000-8000-000000000001',
  '5a010000-0000-4000-8000-000000000002',
  '5a010000-0000-4000-8000-000000000003',
  '5a010000-0000-4000-8000-000000000004',
  '5a010000-0000-4000-8000-000000000005'
);
