import { diffWordsWithSpace } from 'diff'
import type { Finding, FoundDifference, ObjectName } from '../core/finding.ts'
import type { Excerpt } from '../core/sql-text.ts'
import { excerptLines } from './excerpt.ts'
import {
  type DefinitionRow,
  definitionRows,
  insideSummary,
  missingSql,
  placeText,
  proofOfSql,
  roleOfSign,
  shortName,
} from './finding-text.ts'
import { symbolBeside } from './html-ladder.ts'
import { html, type Markup } from './html-markup.ts'
import type { ReportView } from './report-view.ts'

/** A finding with everything that was seen, and what would mend it. */
export function findingCard(finding: Finding, { pathOf }: ReportView): Markup {
  const { severity, code, message, location, excerpt, difference, hint, facts } = finding
  const diff = facts?.['diff']
  return html`<article class="finding ${severity}">
<h4>${symbolBeside(severity === 'error' ? 'failed' : 'warned')}<span>${message}</span></h4>
<p class="about"><code>${code}</code>${location === undefined ? undefined : html` <span class="place">${placeText(location, pathOf(location))}</span>`}</p>
${excerpt === undefined ? undefined : codeFrame(excerpt)}
${typeof diff === 'string' ? signedLines(diff.trimEnd().split('\n')) : undefined}
${difference === undefined ? undefined : differenceParts(finding, difference)}
${hint === undefined ? undefined : html`<p class="note"><b>Hint</b> ${hint}</p>`}
</article>`
}

export function codeFrame(excerpt: Excerpt): Markup {
  const lines = excerptLines(excerpt).map(
    ({ role, prefix, text }) => html`<span class="${role}"><i>${prefix}</i>${text}\n</span>`,
  )
  return html`<pre class="frame" tabindex="0">${lines}</pre>`
}

function differenceParts(finding: Finding, difference: FoundDifference): Markup {
  const sql = missingSql(finding)
  const { rows = [], consequence, proven } = difference
  return html`${definitions(difference)}${insideList(finding, difference.inside)}
${rows.length === 0 ? undefined : html`<h5>Rows</h5>${signedLines(rows)}`}
${sql === undefined ? undefined : html`<h5>The down lacks <span class="tag ${proven ? 'proven' : ''}">${proofOfSql(difference)}</span></h5><pre class="sql" tabindex="0">${sql}</pre>`}
${consequence === undefined ? undefined : html`<p class="note consequence"><b>Consequence</b> ${consequence}</p>`}`
}

function signedLines(lines: readonly string[]): Markup {
  const spans = lines.map((line) => html`<span class="${roleOfSign(line)}">${line}\n</span>`)
  return html`<pre class="lines" tabindex="0">${spans}</pre>`
}

type Side = 'before' | 'after'

/** The two definitions beside each other; a difference of data alone has none. */
function definitions(difference: FoundDifference): Markup | undefined {
  const { before, after } = difference
  if (before === null && after === null) return undefined
  const rows = definitionRows(difference)
  return html`<div class="sides">
${definitionSide('before', 'As it should be', before, rows)}
${definitionSide('after', 'As it is', after, rows)}
</div>`
}

/** One after the other in the document; the style puts them beside each other where there is room, line by line. */
function definitionSide(
  side: Side,
  title: string,
  definition: string | null,
  rows: readonly DefinitionRow[],
): Markup {
  const heading = html`<h5 class="${side}">${title}</h5>`
  if (definition === null)
    return html`${heading}<p class="nothing ${side}" style="grid-row: span ${rows.length}">nothing</p>`
  return html`${heading}${rows.map((row) => definitionLine(row, side))}`
}

function definitionLine({ before, after }: DefinitionRow, side: Side): Markup {
  const text = side === 'before' ? before : after
  if (text === undefined) return html`<code class="${side} filler"></code>`
  if (before === after) return html`<code class="${side} same">${text}</code>`
  const role = side === 'before' ? 'removed' : 'added'
  return html`<code class="${side} ${role}">${changedWords(before, after, side) ?? text}</code>`
}

/** Longer lines are marked whole: taking them apart word by word would take too long and show too little. */
const LONGEST_COMPARED = 2000

function changedWords(
  before: string | undefined,
  after: string | undefined,
  side: Side,
): readonly Markup[] | undefined {
  if (before === undefined || after === undefined) return undefined
  if (before.length + after.length > LONGEST_COMPARED) return undefined
  return diffWordsWithSpace(before, after).flatMap(({ added, removed, value }) => {
    if (side === 'before' ? added : removed) return []
    return [added || removed ? html`<mark>${value}</mark>` : html`${value}`]
  })
}

const ALL_SHOWN = 12

function insideList(finding: Finding, inside: readonly ObjectName[]): Markup | undefined {
  const summary = insideSummary(finding)
  if (summary === undefined) return undefined
  const items = inside.map(
    (inner) => html`<li><span>${inner.kind}</span> <code>${shortName(inner, finding.object)}</code></li>`,
  )
  const list = html`<ul class="inside">${items}</ul>`
  const head = `Inside: ${summary.slice('with '.length, summary.indexOf(':'))}`
  if (inside.length <= ALL_SHOWN) return html`<h5>${head}</h5>${list}`
  return html`<details><summary>${head}</summary>${list}</details>`
}
