import type { Facts, ObjectKey } from '../../../src/core/catalog.ts'

interface Case {
  readonly what: string
  /** The first major version that knows it. */
  readonly since?: number
  /** In the schema `app`, which is empty. */
  readonly base: string
  readonly change: string
}

/** An object before and after a change. */
export interface Change extends Case {
  readonly object: ObjectKey
  /** The facts that differ, after the change; undefined for one that is absent then. */
  readonly facts: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Where ALTER leads: back to the state before the change, forth to the one after it. */
  readonly alters: 'both ways' | 'back' | 'forth' | 'no way'
  /** No SQL makes the object as it is after the change. */
  readonly rebuilds?: false
}

/** Objects that a change brings, each with all of its facts. */
export interface Appearing extends Case {
  readonly objects: Readonly<Record<ObjectKey, Facts>>
  /** Their owner drops them too. */
  readonly drops?: false
}

/** The object of several changes and what makes it. */
export type Subject = Pick<Change, 'object' | 'base'>

export const TABLE = 'create table app.t (id int, a int, b text);'
export const FUNCTION = `create function app.f() returns trigger language plpgsql as 'begin return null; end';`
