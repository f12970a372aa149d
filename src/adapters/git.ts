import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { SqlmigError } from '../core/errors.ts'
import type { VersionControl } from '../ports.ts'

const run = promisify(execFile)
const MOST_OUTPUT_BYTES = 64 * 1024 * 1024

/** Git, as it is installed. @param directory the folder of the migrations */
export function createGit(directory: string): VersionControl {
  const git = async (...args: string[]): Promise<string[]> => {
    const { stdout } = await run('git', ['-C', directory, ...args], { maxBuffer: MOST_OUTPUT_BYTES })
    return stdout.split('\0').filter((name) => name !== '')
  }
  return {
    async changedSince(ref) {
      try {
        // --merge-base: what others did to the branch after this one left it is not counted.
        const changed = await git(
          'diff',
          '--merge-base',
          '--name-only',
          '--relative',
          '-z',
          '--end-of-options',
          ref,
          '--',
          '.',
        )
        const untracked = await git('ls-files', '--others', '--exclude-standard', '-z', '--', '.')
        return [...changed, ...untracked]
      } catch (error) {
        throw unanswered(ref, error)
      }
    },
  }
}

function unanswered(ref: string, error: unknown): SqlmigError {
  const { code, stderr = '' } = error as { code?: unknown; stderr?: string }
  if (code === 'ENOENT')
    return new SqlmigError('USAGE', { problem: '--since needs git, which is not installed' })
  const said = stderr.trim().split('\n')[0] ?? ''
  return new SqlmigError(
    'USAGE',
    {
      problem: `git cannot tell what has changed since ${ref}${said === '' ? '' : `: ${said}`}`,
      hint: 'name a commit, branch or tag of this repository; a shallow clone in CI may have to be fetched with its history',
    },
    { cause: error },
  )
}
