const STATES: Readonly<Record<string, string>> = {
  disabled: 'DISABLE',
  replica: 'ENABLE REPLICA',
  always: 'ENABLE ALWAYS',
}

/** `ENABLE REPLICA` for the fact `enabled` of a trigger or rule, as ALTER TABLE says it. */
export function enabledClause(state: string | undefined): string {
  return state === undefined ? 'ENABLE' : (STATES[state] ?? 'ENABLE')
}
