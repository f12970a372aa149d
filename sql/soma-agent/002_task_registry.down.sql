DROP TABLE task_artifacts;
DROP TABLE task_registry;
