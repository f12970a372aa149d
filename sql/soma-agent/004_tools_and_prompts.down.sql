DROP TABLE prompts;
DROP TABLE tenant_tool_flags;
DROP TABLE tool_catalog;
