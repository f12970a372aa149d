import type { PostgresAddress } from './address.ts'

/** What the settings of a session depend on. */
export interface SettingChoices {
  readonly applicationName: string
  readonly lockTimeoutMs: number
  /** With `forgettable` a commit does not wait for the disk: what a crash of the server takes is not missed. Default `kept`. */
  readonly commits?: 'kept' | 'forgettable'
  /** After how many milliseconds without a message the server ends the session, outside a transaction; default never. */
  readonly idleLimitMs?: number
}

/**
 * Settings of the session, sent with the start-up message: ALTER ROLE and ALTER DATABASE cannot override them, and RESET ALL comes back
 * to them. A server refuses a connection with a setting that it does not know; all of these are known since PostgreSQL 14. search_path is
 * left to the user's settings, because migrations run with it; see {@link laterSettings}.
 */
export function startupParameters(
  { applicationName }: Pick<PostgresAddress, 'applicationName'>,
  choices: SettingChoices,
): Record<string, string> {
  return {
    application_name: applicationName ?? choices.applicationName,
    client_encoding: 'UTF8',
    standard_conforming_strings: 'on',
    DateStyle: 'ISO, MDY',
    bytea_output: 'hex',
    default_transaction_isolation: 'read committed',
    default_transaction_read_only: 'off',
    default_transaction_deferrable: 'off',
    synchronous_commit: choices.commits === 'forgettable' ? 'off' : 'on',
    statement_timeout: '0',
    lock_timeout: `${choices.lockTimeoutMs}`,
    // A client that vanished must not hold the migration lock for long.
    idle_in_transaction_session_timeout: '60s',
    idle_session_timeout: `${choices.idleLimitMs ?? 0}`,
    tcp_keepalives_idle: '30s',
    tcp_keepalives_interval: '10s',
    tcp_keepalives_count: '3',
    tcp_user_timeout: '60s',
  }
}

/** The setting by which a server shows that it is older than PostgreSQL 14. */
export const SINCE_14 = 'idle_session_timeout'

/** The first major version that knows transaction_timeout. */
export const FIRST_WITH_TRANSACTION_TIMEOUT = 17

/**
 * Settings that cannot travel with the start-up message: search_path, because it has to be read first; transaction_timeout, which servers
 * before 17 do not know, and which ends sessions of ours where somebody set it for the database; client_connection_check_interval, which
 * some operating systems refuse. With it a statement of a client that is gone ends soon, and does not hold the lock until it is through.
 * transaction_timeout comes first, because it counts while the others are set.
 * @param version as server_version_num
 */
export function laterSettings(version: number, checks: 'client-checked' | 'unchecked'): string {
  return [
    ...(version >= FIRST_WITH_TRANSACTION_TIMEOUT * 10_000 ? ['set transaction_timeout = 0'] : []),
    'set search_path = pg_catalog, pg_temp',
    ...(checks === 'client-checked' ? ["set client_connection_check_interval = '10s'"] : []),
  ].join('; ')
}
