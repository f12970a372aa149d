/** What is waited for: the turn to migrate a database, or to make roles on a server in a round trip. */
export type LockName = 'migration' | 'roles'

export const LOCK_IN_WORDS: Readonly<Record<LockName, string>> = {
  migration: 'the migration lock',
  roles: 'the lock on the roles of the server',
}

export const LOCK_HINT: Readonly<Record<LockName, string>> = {
  migration: 'another run is at work: wait for it, or allow more time with --lock-wait',
  roles:
    'another run makes roles there: wait for it, allow more time with --lock-wait, or choose --scratch docker or pglite',
}
