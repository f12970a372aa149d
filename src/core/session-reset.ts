/**
 * Brings a session back to its start without ending it. DISCARD ALL would do it in one word, but it also drops the advisory lock and is
 * forbidden in a transaction (manual, DISCARD); all of these are allowed in one.
 */
export const RESET_SESSION: string = [
  'close all',
  'reset session authorization',
  'reset role',
  'reset all',
  'deallocate all',
  'unlisten *',
  'discard plans',
  'discard temp',
  'discard sequences',
].join('; ')
