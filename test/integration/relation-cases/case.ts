/** One change to relations and the facts that it shows in. */
export interface Case {
  readonly title: string
  /** The oldest version that knows it. */
  readonly since?: number
  readonly before: string
  readonly change: string
  /** `object → fact → value`, where the fact was absent before; else what it was and is. */
  readonly expected: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** What 18 and later show besides. */
  readonly since18?: Case['expected']
  /** `no`: no statement leads back, or not without what belongs to other kinds. */
  readonly alter?: 'no'
  readonly create?: 'no'
  /** What other kinds make before and after the relations are created again. */
  readonly first?: string
  readonly between?: string
  /** A column has to be dropped and added again, and ends elsewhere. */
  readonly moves?: boolean
}

export function was(before: unknown, after: unknown): unknown {
  return { was: before, is: after }
}

export const PREPARED: string = `
  create access method other_heap type table handler heap_tableam_handler;
  create foreign data wrapper nowhere;
  create server one foreign data wrapper nowhere;
  create server two foreign data wrapper nowhere`

export const T: string = 'create table app.t (id integer, c text, n numeric(10,2))'
export const P: string = 'create table app.p (id integer, c text) partition by range (id)'
export const F: string = 'create foreign table app.f (id integer, c text) server one'

/** A change of the table app.t as T makes it. */
export function ofTable(
  title: string,
  change: string,
  facts: Case['expected'][string],
  more: Partial<Case> = {},
): Case {
  return { title, before: T, change, expected: { 'table app.t': facts }, ...more }
}

/** A change of the column app.t.c as T makes it. */
export function ofColumn(
  title: string,
  change: string,
  facts: Case['expected'][string],
  more: Partial<Case> = {},
): Case {
  return { title, before: T, change, expected: { 'column app.t.c': facts }, ...more }
}
