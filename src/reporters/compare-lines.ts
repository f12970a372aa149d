/** A line of two texts: gone, new, or the same in both. */
export interface ComparedLine {
  readonly sign: '-' | '+' | ' '
  readonly text: string
}

/** Beyond this many pairs of lines a comparison would take longer than anybody waits; texts that differ so much have little in common. */
const PAIRS_COMPARED = 4_000_000

/**
 * The shortest way from one list of lines to the other. The package `diff` is not used here, because it would be loaded by every command
 * that a terminal shows.
 */
export function compareLines(before: readonly string[], after: readonly string[]): ComparedLine[] {
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start++
  let end = 0
  const most = Math.min(before.length, after.length) - start
  while (end < most && before.at(-1 - end) === after.at(-1 - end)) end++
  const same = (text: string): ComparedLine => ({ sign: ' ', text })
  return [
    ...before.slice(0, start).map(same),
    ...compareMiddles(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(same),
  ]
}

function compareMiddles(before: readonly string[], after: readonly string[]): ComparedLine[] {
  const line = (sign: ComparedLine['sign']) => (text: string) => ({ sign, text })
  const size = (before.length + 1) * (after.length + 1)
  const path = size > PAIRS_COMPARED ? [] : pathThrough(before, after)
  let [i, j] = [0, 0]
  const lines = path.map((sign) => {
    const text = (sign === '+' ? after[j] : before[i]) ?? ''
    if (sign !== '+') i++
    if (sign !== '-') j++
    return { sign, text }
  })
  return [...lines, ...before.slice(i).map(line('-')), ...after.slice(j).map(line('+'))]
}

/** The signs of the lines, until one of the texts ends. */
function pathThrough(before: readonly string[], after: readonly string[]): Array<ComparedLine['sign']> {
  const width = after.length + 1
  const common = commonLengths(before, after)
  const path: Array<ComparedLine['sign']> = []
  let [i, j] = [0, 0]
  while (i < before.length && j < after.length) {
    const goneFirst = (common[(i + 1) * width + j] ?? 0) >= (common[i * width + j + 1] ?? 0)
    const sign = before[i] === after[j] ? ' ' : goneFirst ? '-' : '+'
    path.push(sign)
    if (sign !== '+') i++
    if (sign !== '-') j++
  }
  return path
}

/** How many lines two ends have in common, for every pair of ends. */
function commonLengths(before: readonly string[], after: readonly string[]): Uint32Array {
  const width = after.length + 1
  const common = new Uint32Array((before.length + 1) * width)
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--) {
      const [across, below] = [common[i * width + j + 1] ?? 0, common[(i + 1) * width + j] ?? 0]
      const both = (common[(i + 1) * width + j + 1] ?? 0) + 1
      common[i * width + j] = before[i] === after[j] ? both : Math.max(across, below)
    }
  return common
}
