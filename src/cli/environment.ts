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
  /** Ends the process at once: sockets are cut, nothing is waited for. */
  exit(code: number): void
}

export interface TextStream {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

export function processEnvironment(): CliEnvironment {
  const { env, stdin, stdout, stderr } = process
  // The arguments may hold a URL with a password, and every user of the machine can list them.
  process.title = 'sqlmig'
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
    exit: (code) => process.exit(code),
  }
}

function raise(error: Error): never {
  throw error
}

/** Only a yes is a yes: Ctrl-C and the end of the input close the prompt and answer no. */
async function askOnTerminal(question: string): Promise<boolean> {
  const { createInterface } = await import('node:readline/promises')
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  const closed = new Promise<string>((resolve) => {
    prompt.once('close', () => resolve(''))
  })
  try {
    const answer = await Promise.race([prompt.question(`${question} [y/N] `), closed])
    return /^y(?:es)?$/i.test(answer.trim())
  } finally {
    prompt.close()
  }
}
