import { privilegesAlter } from './common.ts'
import type { DdlWriter } from './writer.ts'

/** They consist of privileges and are there as soon as those differ from the default. */
export const defaultPrivilegesDdl: DdlWriter = {
  target: ({ name }) => name,
  grantTarget: ({ name }) => name.slice(name.lastIndexOf(' ON ') + 4),
  create: () => [],
  drop: (object) => privilegesAlter(defaultPrivilegesDdl, object, undefined),
  alter: () => [],
}
