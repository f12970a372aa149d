import type { SqlmigEvent, StepInfo } from '../core/run.ts'
import type { Output } from './output.ts'
import { WALK_TITLE } from './report-view.ts'
import { formatDuration, formatRemaining, plural, waitingText } from './text.ts'

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_MS = 120
const CLEAR_LINE = '\r\u001b[2K'

/** A single line that is rewritten in place on a terminal: which migration, how many of how many, how long so far. */
export interface Progress {
  on(event: SqlmigEvent): void
  /** Takes the line away, so that something else can be printed. */
  clear(): void
}

interface Task {
  readonly text: string
  readonly since: number
}

interface ProgressLine {
  readonly since: () => number | undefined
  begin(text: string, since?: number): void
  clear(): void
  end(): void
}

/** @param time what is said of the time that a task has taken or will take */
function createLine({ log, interactive, columns = 80 }: Output, time: (task: Task) => string): ProgressLine {
  let task: Task | undefined
  let timer: NodeJS.Timeout | undefined
  let frame = 0
  const clear = () => {
    if (interactive && timer !== undefined) log(CLEAR_LINE)
  }
  const draw = () => {
    if (task === undefined) return
    frame = (frame + 1) % FRAMES.length
    const line = `${FRAMES[frame]} ${task.text}${time(task)}`
    // A line that wraps could not be taken away again.
    log(`${CLEAR_LINE}${[...line].slice(0, columns - 1).join('')}`)
  }
  return {
    clear,
    since: () => task?.since,
    begin(text, since = performance.now()) {
      task = { text, since }
      if (!interactive) return
      timer ??= setInterval(draw, FRAME_MS)
      timer.unref()
    },
    end() {
      clear()
      clearInterval(timer)
      timer = undefined
      task = undefined
    },
  }
}

export function createProgress(output: Output): Progress {
  const proofs = createEstimate()
  const { begin, clear, end, since } = createLine(output, (task) => {
    const left = proofs.left()
    if (left !== undefined) return ` · ${formatRemaining(left)}`
    return ` (${formatDuration(performance.now() - task.since)})`
  })
  return {
    clear,
    on(event) {
      switch (event.type) {
        case 'run.started':
          return begin('connecting')
        case 'lock.waiting':
          return begin(waitingText(event), performance.now() - event.waitedMs)
        case 'step.started':
          return begin(describe(event.step))
        case 'statement.started':
          return begin(`${describe(event.step)}, statement ${event.statement} of ${event.statements}`)
        case 'step.blocked':
          return begin(`${describe(event.step)}, waiting for ${event.blockers}`, since())
        case 'proof.started':
          proofs.started(event.total)
          return begin(`proving ${event.index}/${event.total} ${event.version}_${event.name}`)
        case 'proof.finished':
          // Proofs are short: the line stays until the next one, or it would never be drawn.
          return proofs.finished()
        case 'walk.started':
          proofs.done()
          return begin(`${event.kind}: ${WALK_TITLE[event.kind]}, ${plural(event.total, 'migration')}`)
        case 'step.finished':
        case 'run.finished':
          return end()
        default:
          return undefined
      }
    },
  }
}

/** How long the proofs that are left will take, from the mean of those that are done. */
function createEstimate() {
  let began: number | undefined
  let finishedAt = 0
  let finished = 0
  let total = 0
  return {
    started(of: number) {
      began ??= performance.now()
      total = of
    },
    finished() {
      finished++
      finishedAt = performance.now()
    },
    done() {
      total = 0
    },
    /** In milliseconds; undefined where nothing is known yet, or nothing is left. */
    left(): number | undefined {
      if (began === undefined || finished === 0 || finished >= total) return undefined
      const mean = (finishedAt - began) / finished
      return Math.max(0, mean * (total - finished) - (performance.now() - finishedAt))
    },
  }
}

function describe({ action, version, name, index, total }: StepInfo): string {
  return `${action === 'apply' ? 'applying' : 'reverting'} ${version} ${name}, ${index} of ${total}`
}
