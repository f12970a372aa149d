import type { DdlWriter } from './writer.ts'

export const schemaDdl: DdlWriter = {
  target: ({ name }) => `SCHEMA ${name}`,
  create: ({ name }) => [`CREATE SCHEMA ${name}`],
  drop: ({ name }) => [`DROP SCHEMA ${name}`],
  alter: () => [],
}
