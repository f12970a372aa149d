import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { PostgreSqlContainer, StartedPostgreSqlContainer } from '@testcontainers/postgresql'
import { isSqlmigError, SqlmigError } from '../core/errors.ts'
import type { Scratch, ScratchOptions, ScratchProvider } from '../ports.ts'

export interface DockerScratchOptions {
  /** Default `postgres:17-alpine`. */
  readonly image?: string
  /** Makes the databases on the container's server, of which this is a superuser's URL. */
  readonly serve: (url: string) => ScratchProvider
}

const DEFAULT_IMAGE = 'postgres:17-alpine'
const PACKAGE = '@testcontainers/postgresql'
const CAPACITY = 4
const START_LIMIT_MS = 60_000
const CLOSE_LIMIT_MS = 15_000
const PAUSE_MS = 100

/** Databases on a server in a container, which is started by the first create() and removed by close(). */
export function createDockerScratch({ image = DEFAULT_IMAGE, serve }: DockerScratchOptions): ScratchProvider {
  const description = `docker ${image}`
  let container: Promise<StartedPostgreSqlContainer> | undefined
  let provider: ScratchProvider | undefined
  const server = async (signal: AbortSignal): Promise<ScratchProvider> => {
    container ??= start(image, description)
    const started = await unlessAborted(container, signal)
    // The server is the one that was just started, and its image has no certificate.
    provider ??= serve(`${started.getConnectionUri()}?sslmode=disable`)
    return provider
  }
  return {
    description,
    shared: false,
    capacity: CAPACITY,
    create: async (options) => firstAnswer(await server(options.signal), options, description),
    async close() {
      await provider?.close()
      // A start cannot be called off, and an image may take minutes to arrive: what comes up later is removed then.
      const stopped = container?.then((started) => started.stop({ removeVolumes: true })).catch(() => {})
      if (stopped !== undefined)
        await Promise.race([stopped, wait(CLOSE_LIMIT_MS, undefined, { ref: false })])
      container = undefined
    },
  }
}

async function start(image: string, description: string): Promise<StartedPostgreSqlContainer> {
  const { PostgreSqlContainer: Container } = await loadPackage()
  try {
    return await new Container(image)
      .withUsername('postgres')
      .withDatabase('postgres')
      .withPassword(randomBytes(12).toString('hex'))
      // Nothing in it has to outlive a crash.
      .withCommand(['postgres', '-c', 'fsync=off', '-c', 'full_page_writes=off'])
      .withWaitStrategy(NO_WAIT)
      // The package's own health check runs four times a second for as long as the container does.
      .withHealthCheck({ test: ['CMD', 'true'], interval: 3_600_000, timeout: 1000, retries: 1 })
      .start()
  } catch (error) {
    throw notStarted(description, error)
  }
}

async function loadPackage(): Promise<typeof import('@testcontainers/postgresql')> {
  try {
    return await import('@testcontainers/postgresql')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new SqlmigError('PACKAGE_MISSING', { package: PACKAGE, purpose: '--scratch docker' })
  }
}

/** The package's strategies need tools inside the image; we ask the server itself. */
const NO_WAIT: Parameters<PostgreSqlContainer['withWaitStrategy']>[0] = {
  waitUntilReady: async () => {},
  withStartupTimeout: () => NO_WAIT,
  isStartupTimeoutSet: () => true,
  getStartupTimeout: () => START_LIMIT_MS,
}

function notStarted(scratch: string, error: unknown): SqlmigError {
  const message = error instanceof Error ? error.message : String(error)
  const facts = message.includes('container runtime')
    ? {
        reason: 'no Docker engine answers',
        hint: 'start Docker, or choose another place with --scratch server, pglite or a URL',
      }
    : {
        reason: message.trim().split('\n')[0] ?? '',
        hint: 'check the name of the image, or choose another one: --scratch docker:postgres:17',
      }
  return new SqlmigError('SCRATCH_UNAVAILABLE', { scratch, ...facts }, { cause: error })
}

/** The official images start the server twice, and Docker accepts connections for it before it does. */
async function firstAnswer(
  provider: ScratchProvider,
  options: ScratchOptions,
  scratch: string,
): Promise<Scratch> {
  const deadline = performance.now() + START_LIMIT_MS
  for (;;) {
    try {
      return await provider.create(options)
    } catch (error) {
      if (!isSqlmigError(error, 'CONNECTION_FAILED')) throw error
      if (performance.now() > deadline)
        throw new SqlmigError(
          'SCRATCH_UNAVAILABLE',
          { scratch, reason: error.facts.reason },
          { cause: error },
        )
    }
    await wait(PAUSE_MS, undefined, { signal: options.signal }).catch(() => {})
  }
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const interrupted = () => new SqlmigError('INTERRUPTED', { during: 'while a container was started' })
  if (signal.aborted) return Promise.reject(interrupted())
  return new Promise((resolve, reject) => {
    const abort = () => reject(interrupted())
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
