import type postgres from 'postgres'
import { type DatabaseFailure, databaseFailure } from '../../core/errors.ts'
import type { InternalFailure } from '../../core/failure.ts'
import type { Answer, Notice } from '../../ports.ts'

/** Every type of which the driver would make something else than the server's text; dates would lose microseconds. */
export const AS_TEXT: { readonly text: postgres.PostgresType } = {
  text: {
    to: 25,
    from: [16, 17, 20, 21, 23, 26, 114, 700, 701, 1082, 1114, 1184, 3802],
    serialize: (value: unknown) => value,
    parse: (value: string) => value,
  },
}

/** One result for one statement, an array of them for several; only statements that return rows have one of their own. */
export function lastRows(result: unknown): Answer['rows'] {
  const isList = Array.isArray(result) && !('command' in result)
  const last: unknown = isList ? result.at(-1) : result
  return Array.isArray(last) ? [...last] : []
}

/** The detail of a warning can be what matters, such as that a transaction was committed without its standby. */
export function toNotice({ severity = 'NOTICE', message = '', detail }: postgres.Notice): Notice {
  return {
    severity,
    message: severity === 'WARNING' && detail !== undefined ? `${message} (${detail})` : message,
  }
}

type ServerFields = Partial<Record<string, string>>

export function isServerError(error: unknown): error is ServerFields {
  return typeof error === 'object' && error !== null && 'severity' in error && 'code' in error
}

export function toFailure(fields: ServerFields): DatabaseFailure {
  const known = {
    sqlstate: fields['code'],
    message: fields['message'],
    severity: fields['severity'],
    detail: fields['detail'],
    hint: fields['hint'],
    where: fields['where'],
    schema: fields['schema_name'],
    table: fields['table_name'],
    column: fields['column_name'],
    constraint: fields['constraint_name'],
  }
  return databaseFailure(known, fields['position'])
}

export function toInternal(fields: ServerFields): InternalFailure | undefined {
  const { internal_query: query, internal_position: position } = fields
  return query === undefined
    ? undefined
    : { query, position: position === undefined ? undefined : Number(position) }
}
