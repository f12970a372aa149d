import type { Finding } from '../core/finding.ts'
import type { ErrorReport } from '../core/run.ts'
import { errorDetails } from './finding-text.ts'
import { findingCard } from './html-finding.ts'
import { anchorOf, ladderPicture, symbolBeside, timeBar } from './html-ladder.ts'
import { html, type Markup } from './html-markup.ts'
import { PAGE_STYLE } from './html-style.ts'
import type { ReporterFactory } from './output.ts'
import {
  countsText,
  createReportFold,
  filesVerb,
  isWalk,
  type ReportView,
  type Unit,
  verdictText,
  whereText,
} from './report-view.ts'
import { formatDuration, plural, printableAll } from './text.ts'

/** One page that needs nothing else: no script, no font and no picture from elsewhere. */
export const createHtmlReporter: ReporterFactory = ({ data, displayPath }) => {
  const fold = createReportFold(displayPath)
  return {
    on(event) {
      const view = fold(printableAll(event))
      if (view !== undefined) data(`${page(view).markup}\n`)
    },
  }
}

function page(view: ReportView): Markup {
  const { report, title } = view
  const verdict = verdictSentence(view)
  const rungs = view.units.filter((unit) => unit.kind === 'proof')
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<title>${title}: ${verdict}</title>
<style>${{ markup: PAGE_STYLE }}</style>
</head>
<body>
<main>
<header class="${report.ok ? 'ok' : 'bad'}">
<p class="tool">${title}</p>
<h1>${verdict}</h1>
<p class="counts">${countsText(view)}</p>
<p class="where">${whereText(view)}</p>
${(report.files ?? []).map((file) => html`<p>${filesVerb(report)} <code>${view.displayPath(file)}</code></p>`)}
</header>
${rungs.length === 0 ? undefined : html`<figure>${ladderPicture(rungs, countsText(view))}</figure>`}
${walksList(view.units.filter(isWalk))}
${report.error === undefined ? undefined : errorCard(report.error, view)}
${findingsSection(view)}
${unitsSection(view)}
</main>
</body>
</html>`
}

/** The result in one sentence. */
function verdictSentence({ report, units }: ReportView): string {
  if (report.error !== undefined) return 'The run was stopped'
  const proofs = units.filter((unit) => unit.kind === 'proof')
  if (proofs.length === 0) return report.ok ? 'Done' : 'Something is wrong'
  const failed = proofs.filter((unit) => unit.verdict === 'failed').length
  if (failed > 0) {
    const verb = failed === 1 ? 'does' : 'do'
    return `${failed} of ${plural(proofs.length, 'migration')} ${verb} not come back`
  }
  const walks = units.filter((unit) => isWalk(unit) && unit.verdict === 'failed')
  if (walks.length > 0)
    return `Each migration comes back, but not ${walks.map(({ kind }) => WALK_NAMES[kind]).join(' and ')}`
  if (!report.ok) return 'Something is wrong'
  const back = proofs.filter(({ verdict }) => verdict === 'passed' || verdict === 'warned').length
  if (back < proofs.length) return `${back} of ${plural(proofs.length, 'migration')} proven to come back`
  return back === 1 ? 'The migration comes back' : `All ${back} migrations come back`
}

const WALK_NAMES: Readonly<Partial<Record<Unit['kind'], string>>> = {
  ladder: 'all of them together',
  batch: 'in one transaction',
}

function walksList(walks: readonly Unit[]): Markup | undefined {
  if (walks.length === 0) return undefined
  const items = walks.map(({ verdict, title, durationMs, reason }) => {
    const end = reason ?? (durationMs === null ? '' : formatDuration(durationMs))
    return html`<li>${symbolBeside(verdict)}<span>${title} <span class="muted">${end}</span></span></li>`
  })
  return html`<ul class="walks">${items}</ul>`
}

function errorCard(error: ErrorReport, { pathOf }: ReportView): Markup {
  const details = errorDetails(error, error.location && pathOf(error.location))
  return html`<article class="finding error"><h4>${symbolBeside('failed')}<span>${error.message}</span></h4>
<p class="about"><code>${error.code}</code></p>${details === '' ? undefined : html`<pre class="lines" tabindex="0">${details}</pre>`}</article>`
}

function findingsSection(view: ReportView): Markup | undefined {
  if (view.report.findings.length === 0) return undefined
  const groups = view.units.flatMap((unit, i) =>
    unit.findings.length === 0
      ? []
      : [findingGroup(anchorOf(unit, i), unit.title, unit.path, unit.findings, view)],
  )
  const others =
    view.others.length === 0
      ? undefined
      : findingGroup('findings-others', 'Other findings', undefined, view.others, view)
  return html`<section><h2>${plural(view.report.findings.length, 'finding')}</h2>${groups}${others}</section>`
}

function findingGroup(
  id: string,
  title: string,
  path: string | undefined,
  findings: readonly Finding[],
  view: ReportView,
): Markup {
  return html`<section class="group" id="${id}"><h3>${title}${path === undefined ? undefined : html` <span class="path">${path}</span>`}</h3>
${findings.map((finding) => findingCard(finding, view))}</section>`
}

function unitsSection({ units }: ReportView): Markup | undefined {
  const shown = units.filter((unit) => !isWalk(unit))
  if (shown.length === 0) return undefined
  const longest = Math.max(0, ...shown.map(({ durationMs }) => durationMs ?? 0))
  const rows = shown.map((unit, i) => unitRow(unit, i, longest))
  const legend = shown.some((unit) => unit.parts.length > 0)
    ? html`<p class="legend"><span class="up">up</span><span class="down">down</span><span class="again">up again</span><span class="rest">comparing</span></p>`
    : undefined
  return html`<section><h2>${shown[0]?.kind === 'step' ? 'Steps' : 'Migrations'}</h2>${legend}<ol class="units">${rows}</ol></section>`
}

function unitRow(unit: Unit, index: number, longest: number): Markup {
  const { verdict, title, parts, durationMs, reason, note } = unit
  const times = parts.flatMap(({ label, ms }) => (ms === null ? [] : [`${label} ${formatDuration(ms)}`]))
  const isProof = unit.kind === 'proof' && verdict !== 'passed'
  const why = [...(isProof ? [verdictText(verdict)] : []), ...(reason === undefined ? [] : [reason])].join(
    ': ',
  )
  const name = unit.findings.length === 0 ? title : html`<a href="#${anchorOf(unit, index)}">${title}</a>`
  return html`<li id="migration-${index + 1}" class="${verdict}">${symbolBeside(verdict)}
<div class="name"><b>${name}</b>${why === '' ? undefined : html` <span class="why">${why}</span>`}${note === undefined ? undefined : html` <span class="muted">${note}</span>`}</div>
<div class="time">${timeBar(unit, longest)}<span class="muted">${times.join(' · ')}</span></div>
<span class="total">${durationMs === null ? '' : formatDuration(durationMs)}</span></li>`
}
