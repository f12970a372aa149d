import type { DatabaseFailure, InternalFailure } from './failure.ts'

/**
 * The SQL of a file inside an EXECUTE of PL/pgSQL, where the server refuses every statement that would end the transaction (SQLSTATE 0A000),
 * however it is written (manual, section 43.5.4). It also refuses COPY from and to the client, and a SELECT INTO that stands last; and it
 * does not say how many statements completed.
 */
export function guardedByExecute(text: string): string {
  const inner = unusedTag(text, 'file')
  const outer = unusedTag(text, 'guard')
  return `do language plpgsql ${outer}begin execute ${inner}${text}${inner}; end${outer}`
}

/** A dollar quote that does not occur in the text. */
function unusedTag(text: string, name: string): string {
  for (let number = 1; ; number++) {
    const tag = `$${name}${number}$`
    if (!text.includes(tag)) return tag
  }
}

/** The failure as it would have been without the guard: with the position in the file, and without the guard's own lines. */
export function withoutGuard(
  failure: DatabaseFailure,
  internal: InternalFailure | undefined,
  text: string,
): DatabaseFailure {
  const { where, ...rest } = failure
  const context = where === undefined ? undefined : contextWithout(where, text)
  const position = internal?.query === text ? internal.position : undefined
  return {
    ...rest,
    ...(context === undefined || context === '' ? {} : { where: context }),
    ...(position === undefined ? {} : { position }),
  }
}

/** The context ends with the file as an SQL statement, in words of the server's language, and the line of the EXECUTE. */
function contextWithout(where: string, text: string): string {
  const file = where.indexOf(`"${text}"`)
  const end = file < 0 ? where.length : where.lastIndexOf('\n', file)
  const kept = where.slice(0, Math.max(end, 0))
  return file < 0 ? kept.slice(0, Math.max(kept.lastIndexOf('\n'), 0)) : kept
}
