/** Functions whose effects a rollback does not take back (manual, sections 9.17, 9.28 and F.11 to F.12). */
const LASTING =
  /\b(nextval|setval|pg_(?:try_)?advisory_lock(?:_shared)?|pg_advisory_unlock(?:_shared|_all)?|dblink(?:_exec|_connect|_send_query)?|lo_export|pg_file_\w+|pg_terminate_backend|pg_cancel_backend|pg_reload_conf|pg_rotate_logfile|pg_switch_wal|pg_stat_reset\w*)\s*\(/gi
const PROGRAM = /\bcopy\b[^;]{0,10000}?\b(?:to|from)\s+program\b/i
const TO_FILE = /\bcopy\b[^;]{0,10000}?\bto\s+(?:e|u&)?'/i
const LINE_COMMENT = /--[^\n]*/g
/** A seed of megabytes has other things in it. */
const LOOKED_AT = 1_000_000

/**
 * What a file calls that works outside of its transaction, in the words of SQL; each once. It is looked for by words, in the bodies of DO
 * as well, so it says what may have happened and not what has.
 */
export function lastingEffects(sql: string): string[] {
  const text = sql.slice(0, LOOKED_AT).replace(LINE_COMMENT, '')
  const found = [...text.matchAll(LASTING)].map((match) => (match[1] ?? '').toLowerCase())
  if (PROGRAM.test(text)) found.push('COPY … PROGRAM')
  if (TO_FILE.test(text)) found.push('COPY … TO a file')
  return [...new Set(found)]
}
