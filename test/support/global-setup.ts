import type { TestProject } from 'vitest/node'
import { findServer } from './server.ts'
import type { TestServer } from './server-kinds.ts'

declare module 'vitest' {
  interface ProvidedContext {
    serverUrl: string
  }
}

interface Shared {
  users: number
  server: Promise<TestServer>
}

// every project evaluates this module anew, so only the global object can tell them that a server runs already
const holder: { sqlmigTestServer?: Shared | undefined } = globalThis as object

export async function setup(project: TestProject): Promise<void> {
  holder.sqlmigTestServer ??= { users: 0, server: announced() }
  holder.sqlmigTestServer.users++
  const { url } = await holder.sqlmigTestServer.server
  project.provide('serverUrl', url)
}

export async function teardown(): Promise<void> {
  const shared = holder.sqlmigTestServer
  if (!shared || --shared.users > 0) return
  holder.sqlmigTestServer = undefined
  // a server that did not start has been reported by setup
  const server = await shared.server.catch(() => undefined)
  await server?.stop()
}

async function announced(): Promise<TestServer> {
  const server = await findServer(process.env)
  console.error(`tests run on ${server.description}`)
  return server
}
