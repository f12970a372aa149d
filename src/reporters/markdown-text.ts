/** Text of others as Markdown (GitHub's): it shows what it says and nothing else happens. */
export function markdownText(text: string): string {
  return (
    text
      .replace(/\s*\n\s*/g, ' ')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      // An underscore within a word means nothing.
      .replace(/[\\`*[\]|~#$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\\$&')
      // Nobody is to be notified of an object's name.
      .replace(/@(?=\w)/g, '@<!-- -->')
  )
}

/** A code span. Inside a table a bar ends the cell even there, but for a backslash. */
export function markdownCode(text: string, inTable = false): string {
  const line = text.replace(/\s*\n\s*/g, ' ')
  const fence = '`'.repeat(longestRun(line) + 1)
  const space = /^[`\s]|[`\s]$/.test(line) ? ' ' : ''
  return `${fence}${space}${inTable ? line.replaceAll('|', '\\|') : line}${space}${fence}`
}

/** A block of code between fences that are longer than any in it. */
export function markdownBlock(text: string, language: string): string {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1))
  return `${fence}${language}\n${text.replace(/\n$/, '')}\n${fence}`
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length))
}
