import { createInterface } from 'node:readline/promises'

/** Everything that the command line takes from the process, so that a run can be tried without one. */
export interface CliEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly stdout: TextStream
  readonly stderr: TextStream
  /** Asks a question that is answered with yes or no; absent where nobody can answer. */
  readonly confirm?: (question: string) => Promise<boolean>
  /** Calls back at every SIGINT and SIGTERM; returns a function that stops that. */
  onInterrupt(callback: () => void): () => void
}

export interface TextStream {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

export function processEnvironment(): CliEnvironment {
  const { env, stdin, stdout, stderr } = process
  // A reader such as `head` may go away; that is no error of ours.
  for (const stream of [stdout, stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => error.code === 'EPIPE' || raise(error))
  return {
    env,
    cwd: process.cwd(),
    stdout,
    stderr,
    ...(stdin.isTTY && stderr.isTTY ? { confirm: askOnTerminal } : {}),
    onInterrupt(callback) {
      process.on('SIGINT', callback).on('SIGTERM', callback)
      return () => process.off('SIGINT', callback).off('SIGTERM', callback)
    },
  }
}

function raise(error: Error): never {
  throw error
}

async function askOnTerminal(question: string): Promise<boolean> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await prompt.question(`${question} [y/N] `)
    return /^y(?:es)?$/i.test(answer.trim())
  } finally {
    prompt.close()
  }
}
