import { randomBytes } from 'node:crypto'
import { PostgreSqlContainer, type StartedPostgreSqlContainer } from '@testcontainers/postgresql'
import { Wait } from 'testcontainers'
import { serverVersion } from './connect.ts'
import type { TestServer } from './server-kinds.ts'

const startLimitMs = 180_000

export async function startDocker(image: string): Promise<TestServer> {
  const container = await start(image)
  try {
    // Where the tests run in a container too, this is another machine.
    const url = `${container.getConnectionUri()}?sslmode=disable`
    const version = await serverVersion(url, 60_000)
    return {
      url,
      description: `docker ${image} (PostgreSQL ${version})`,
      stop: async () => {
        await container.stop()
      },
    }
  } catch (error) {
    await container.stop()
    throw error
  }
}

async function start(image: string): Promise<StartedPostgreSqlContainer> {
  const starting = new PostgreSqlContainer(image)
    .withUsername('postgres')
    .withDatabase('postgres')
    .withPassword(randomBytes(12).toString('hex'))
    .withCommand(['postgres', '-c', 'max_connections=200', '-c', 'fsync=off'])
    .withSharedMemorySize(256 * 1024 * 1024)
    // the default strategies need a shell and pg_isready in the image; we ask the server itself afterwards
    .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/))
    // the default health check runs four times a second for as long as the tests do
    .withHealthCheck({ test: ['CMD', 'true'], interval: 3_600_000, timeout: 1_000, retries: 1 })
    .start()
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not up after ${startLimitMs / 1000} s`)), startLimitMs)
  })
  try {
    return await Promise.race([starting, limit])
  } catch (error) {
    // a container that comes up too late belongs to nobody else
    starting.then((late) => late.stop()).catch(() => {})
    throw new Error(explain(image, error), { cause: error })
  } finally {
    clearTimeout(timer)
  }
}

function explain(image: string, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error)
  if (reason.includes('container runtime')) return 'no Docker engine answers'
  return `the Docker image ${image} cannot be had or does not start (${reason.trim().split('\n')[0]})`
}
