import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

export const BINARY: string = fileURLToPath(new URL('../../bin/sqlmig.js', import.meta.url))

export interface BinaryRun {
  /** The exit code, or 128 and the number of the signal as a shell says it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface BinaryOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  /** Arguments of Node, before the program. */
  readonly node?: readonly string[]
  readonly program?: string
}

export interface StartedBinary {
  readonly process: ChildProcess
  readonly ended: Promise<BinaryRun>
  /** Waits until stderr holds this text. */
  saysOnStderr(text: string): Promise<void>
}

/** Runs the built program in a process of its own, with nothing in its environment but PATH and what is given. */
export function startBinary(args: readonly string[], options: BinaryOptions): StartedBinary {
  const { cwd, env = {}, node = [], program = BINARY } = options
  const child = spawn(process.execPath, [...node, program, ...args], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text
  })
  const ended = new Promise<BinaryRun>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, ...output }))
  })
  return {
    process: child,
    ended,
    async saysOnStderr(text) {
      const said = new Promise<void>((resolve) => {
        const look = () => output.stderr.includes(text) && resolve()
        child.stderr.on('data', look)
        look()
      })
      await Promise.race([
        said,
        ended.then(({ stderr }) => {
          if (!stderr.includes(text)) throw new Error(`ended without saying "${text}": ${stderr}`)
        }),
      ])
    },
  }
}

export function runBinary(args: readonly string[], options: BinaryOptions): Promise<BinaryRun> {
  return startBinary(args, options).ended
}
