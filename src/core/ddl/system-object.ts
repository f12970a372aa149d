import { textFact } from '../catalog.ts'
import { privilegesAlter } from './common.ts'
import type { DdlWriter } from './writer.ts'

const WORDS =
  /^(?:function|procedure|table|sequence|type|schema|language|foreign data wrapper|foreign server|parameter) /

/** It is always there; what appears and goes is that its privileges differ from the initial ones. */
export const systemObjectDdl: DdlWriter = {
  target: (object) =>
    textFact(object, 'relation') ?? object.name.replace(WORDS, (word) => word.toUpperCase()),
  create: () => [],
  drop: (object) => privilegesAlter(systemObjectDdl, object, undefined),
  alter: () => [],
}
