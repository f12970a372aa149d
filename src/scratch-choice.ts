import { isPostgresUrl } from './config.ts'
import { isSqlmigError, SqlmigError } from './core/errors.ts'
import type { Login } from './core/scrubber.ts'
import type { ScratchProvider } from './ports.ts'
import { TOOL_VERSION } from './tool-version.ts'

interface ScratchChoice {
  /** `server`, `docker`, `docker:image`, `pglite`, or the URL of an empty database; undefined: what fits the database. */
  readonly scratch: string | undefined
  /** The database that the other commands work on, which is never written to. */
  readonly database: string | undefined
  readonly source: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly lockTimeoutMs: number
  /** Told of what the connections log in with. */
  readonly onLogin: (login: Login) => void
}

/**
 * Where scratch databases are made: on the server of the given database where that allows it, else embedded. Only what is chosen is loaded.
 * @throws SqlmigError `CONFIG_INVALID`, `CONNECTION_FAILED`
 */
export async function chooseScratch(choice: ScratchChoice): Promise<ScratchProvider> {
  const { scratch } = choice
  if (scratch === undefined) return byDefault(choice)
  if (scratch === 'pglite') return embedded(choice)
  if (scratch === 'server') return onServer(choice)
  if (scratch === 'docker' || /^docker:./.test(scratch))
    return inDocker(choice, scratch.slice('docker:'.length))
  if (isPostgresUrl(scratch)) return atUrl(choice, scratch)
  throw new SqlmigError('CONFIG_INVALID', {
    problem: 'it is none of server, docker, docker:image, pglite and postgres://…',
    source: 'scratch',
  })
}

async function byDefault(choice: ScratchChoice): Promise<ScratchProvider> {
  const { database } = choice
  if (database === undefined || !isPostgresUrl(database)) return embedded(choice)
  const { canCreateScratch } = await import('./adapters/postgres/scratch-server.ts')
  return (await canCreateScratch(optionsFor(choice, database))) ? onServer(choice) : embedded(choice)
}

async function embedded({ lockTimeoutMs }: ScratchChoice): Promise<ScratchProvider> {
  const { createPgliteScratch } = await import('./adapters/pglite/scratch.ts')
  return createPgliteScratch({ lockTimeoutMs })
}

async function onServer(choice: ScratchChoice): Promise<ScratchProvider> {
  const { database } = choice
  if (database === undefined || !isPostgresUrl(database))
    throw new SqlmigError('CONFIG_INVALID', {
      problem: 'server needs a database on it: name one with --database postgres://…',
      source: 'scratch',
    })
  const { createServerScratch } = await import('./adapters/postgres/scratch-server.ts')
  return createServerScratch(optionsFor(choice, database))
}

async function atUrl(choice: ScratchChoice, url: string): Promise<ScratchProvider> {
  const { database } = choice
  if (database !== undefined && (await sameDatabase(choice, url, database)))
    throw new SqlmigError('CONFIG_INVALID', {
      problem: 'it is the database that the other commands work on, and a scratch database is emptied',
      source: 'scratch',
    })
  const { createUrlScratch } = await import('./adapters/postgres/scratch-url.ts')
  return createUrlScratch(optionsFor(choice, url))
}

async function inDocker(choice: ScratchChoice, image: string): Promise<ScratchProvider> {
  const { createDockerScratch } = await import('./adapters/docker.ts')
  const { createServerScratch } = await import('./adapters/postgres/scratch-server.ts')
  return createDockerScratch({
    ...(image === '' ? {} : { image }),
    // What the user's environment says is about another server.
    serve: (url) => createServerScratch({ ...optionsFor(choice, url), environment: {} }),
  })
}

function optionsFor({ environment, lockTimeoutMs, source, onLogin }: ScratchChoice, url: string) {
  return {
    url,
    source,
    environment,
    lockTimeoutMs,
    onLogin,
    applicationName: `sqlmig/${TOOL_VERSION} scratch`,
  }
}

async function sameDatabase({ environment }: ScratchChoice, a: string, b: string): Promise<boolean> {
  const { mayBeSame, parsePostgresUrl } = await import('./adapters/postgres/address.ts')
  const place = (url: string) => parsePostgresUrl(url, 'scratch', environment)
  try {
    return isPostgresUrl(b) && mayBeSame(place(a), place(b))
  } catch (error) {
    // A URL that cannot be read is told of where it is used.
    if (isSqlmigError(error)) return false
    throw error
  }
}
