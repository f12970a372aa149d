import type { DdlWriter } from './writer.ts'

/** What is in it is data: only a hash of it is known, and no statement can bring it back. */
export const largeObjectDdl: DdlWriter = {
  target: ({ name }) => `LARGE OBJECT ${name}`,
  create: ({ name }) => [`SELECT pg_catalog.lo_create(${name})`],
  drop: ({ name }) => [`SELECT pg_catalog.lo_unlink(${name})`],
  alter: () => [],
}
