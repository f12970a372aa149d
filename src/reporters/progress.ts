import type { SqlmigEvent, StepInfo } from '../core/run.ts'
import type { Output } from './output.ts'
import { formatDuration } from './text.ts'

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_MS = 120
const CLEAR_LINE = '\r\u001b[2K'

/** A single line that is rewritten in place on a terminal: which migration, how many of how many, how long so far. */
export interface Progress {
  on(event: SqlmigEvent): void
  /** Takes the line away, so that something else can be printed. */
  clear(): void
}

export function createProgress({ log, interactive, columns = 80 }: Output): Progress {
  let task: { readonly text: string; readonly since: number } | undefined
  let timer: NodeJS.Timeout | undefined
  let frame = 0
  const clear = () => {
    if (interactive && timer !== undefined) log(CLEAR_LINE)
  }
  const draw = () => {
    if (task === undefined) return
    frame = (frame + 1) % FRAMES.length
    const line = `${FRAMES[frame]} ${task.text} (${formatDuration(performance.now() - task.since)})`
    // A line that wraps could not be taken away again.
    log(`${CLEAR_LINE}${[...line].slice(0, columns - 1).join('')}`)
  }
  const begin = (text: string, since = performance.now()) => {
    task = { text, since }
    if (!interactive) return
    timer ??= setInterval(draw, FRAME_MS)
    timer.unref()
  }
  const end = () => {
    clear()
    clearInterval(timer)
    timer = undefined
    task = undefined
  }
  return {
    clear,
    on(event) {
      switch (event.type) {
        case 'run.started':
          return begin('connecting')
        case 'lock.waiting':
          return begin(
            `waiting for the migration lock, held by ${event.holder ?? 'another session'}`,
            performance.now() - event.waitedMs,
          )
        case 'step.started':
          return begin(describe(event.step))
        case 'statement.started':
          return begin(`${describe(event.step)}, statement ${event.statement} of ${event.statements}`)
        case 'step.blocked':
          return begin(`${describe(event.step)}, waiting for ${event.blockers}`, task?.since)
        case 'step.finished':
        case 'run.finished':
          return end()
        default:
          return undefined
      }
    },
  }
}

function describe({ action, version, name, index, total }: StepInfo): string {
  return `${action === 'apply' ? 'applying' : 'reverting'} ${version} ${name}, ${index} of ${total}`
}
