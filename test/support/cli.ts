import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { Report } from '../../src/core/run.ts'

const binary = fileURLToPath(new URL('../../bin/sqlmig.js', import.meta.url))

export interface CliResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly tookMs: number
}

export interface CliProcess {
  readonly child: ChildProcess
  readonly result: Promise<CliResult>
}

/** Starts the built command line (`npm run build`) as a process of its own. */
export function startCli(args: readonly string[]): CliProcess {
  const start = performance.now()
  const child = spawn(process.execPath, [binary, ...args], {
    env: { PATH: process.env['PATH'], NO_COLOR: '1', CI: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const text = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (piece: string) => {
      text[stream] += piece
    })
  const result = once(child, 'close').then(([code, signal]) => ({
    code,
    signal,
    ...text,
    tookMs: performance.now() - start,
  }))
  return { child, result }
}

export function runCli(args: readonly string[]): Promise<CliResult> {
  return startCli(args).result
}

/** The one document that `--json` prints. */
export function jsonOf({ stdout }: CliResult): Report {
  return JSON.parse(stdout)
}
