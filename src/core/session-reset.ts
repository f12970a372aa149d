/**
 * Brings a session back to its start without ending it. DISCARD ALL would do it in one word, but it also drops the advisory lock and is
 * forbidden in a transaction (manual, DISCARD); all of these are allowed in one. RESET ALL is the last of them: it brings back whatever
 * transaction_timeout the database has, which counts at once, and the settings that follow take it away again.
 */
export const RESET_SESSION: string = [
  'close all',
  'reset session authorization',
  'reset role',
  'deallocate all',
  'unlisten *',
  'discard plans',
  'discard temp',
  'discard sequences',
  'reset all',
].join('; ')
