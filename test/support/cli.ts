import { expect } from 'vitest'
import type { CliEnvironment } from '../../src/cli/environment.ts'
import { run } from '../../src/cli/main.ts'
import type { Report } from '../../src/index.ts'
import { type FileContents, migrationsFolder } from './folder.ts'

export interface CliRun {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** The one document on stdout; fails when there is anything else. */
  readonly report: Report
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Both streams are terminals of this width. */
  readonly columns?: number
  /** Answers questions; absent: nobody can. */
  readonly confirm?: (question: string) => boolean | Promise<boolean>
}

/** A folder in which command lines are run in-process, without a terminal and with an empty environment. */
export interface Workspace {
  readonly cwd: string
  /** Arguments are separated by single blanks, or given as a list. */
  run(commandLine: string | readonly string[], options?: CliOptions): Promise<CliRun>
  /** What Ctrl-C does to the command that runs. */
  interrupt(): void
  /** The code with which a command ended the process at once. */
  readonly exited: number | undefined
}

export async function workspace(files: FileContents = {}, defaults: CliOptions = {}): Promise<Workspace> {
  const cwd = await migrationsFolder(files)
  const listeners = new Set<() => void>()
  let exited: number | undefined
  return {
    cwd,
    get exited() {
      return exited
    },
    interrupt() {
      for (const listener of [...listeners]) listener()
    },
    async run(commandLine, options = {}) {
      const output = { stdout: '', stderr: '' }
      const environment = fakeEnvironment(cwd, output, { ...defaults, ...options }, listeners, (code) => {
        exited = code
      })
      const argv = typeof commandLine === 'string' ? commandLine.split(' ').filter(Boolean) : commandLine
      const code = await run(argv, environment)
      return {
        code,
        ...output,
        get report() {
          return onlyDocument(output.stdout)
        },
      }
    },
  }
}

function fakeEnvironment(
  cwd: string,
  output: { stdout: string; stderr: string },
  { env = {}, columns, confirm }: CliOptions,
  listeners: Set<() => void>,
  exit: (code: number) => void,
): CliEnvironment {
  const stream = (name: 'stdout' | 'stderr') => ({
    write(text: string) {
      output[name] += text
    },
    ...(columns === undefined ? {} : { isTTY: true, columns }),
  })
  return {
    env,
    cwd,
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    exit,
    ...(confirm === undefined ? {} : { confirm: async (question: string) => confirm(question) }),
    onInterrupt(callback) {
      listeners.add(callback)
      return () => listeners.delete(callback)
    },
  }
}

export function onlyDocument(stdout: string): Report {
  expect(stdout).toMatch(/^\{\n[\s\S]*\n\}\n$/)
  return JSON.parse(stdout) as Report
}

/** The two files of a migration. */
export function pair(version: string, name: string, up: string, down: string): Record<string, string> {
  return { [`sql/${version}_${name}.up.sql`]: up, [`sql/${version}_${name}.down.sql`]: down }
}

/** Three tables, one after the other. */
export const THREE: FileContents = {
  ...pair('001', 'create_a', 'create table a (id int);\n', 'drop table a;\n'),
  ...pair('002', 'create_b', 'create table b (id int);\n', 'drop table b;\n'),
  ...pair('003', 'create_c', 'create table c (id int);\n', 'drop table c;\n'),
}
