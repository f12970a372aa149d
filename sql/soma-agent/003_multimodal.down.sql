DROP TABLE multimodal_outcomes;
DROP TABLE asset_provenance;
DROP TABLE multimodal_executions;
DROP TABLE multimodal_job_plans;
DROP TABLE multimodal_capabilities;
DROP TABLE multimodal_assets;
