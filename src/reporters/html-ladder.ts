import type { ProofVerdict } from '../core/run.ts'
import { html, type Markup } from './html-markup.ts'
import { type Unit, verdictText } from './report-view.ts'
import { formatDuration } from './text.ts'

const TOP = 34
const BOTTOM = 96
const WIDE = 1000
const NARROW = 320
const RUNG_SPACE = 72
const WIDEST_RUNG = 9
const THINNEST_RUNG = 2
const CHARACTER = 7.5

/**
 * A ladder that lies on its side, with a rung for every migration: its width tells the time, its shape and symbol the verdict.
 * Places are percentages, so that any number of rungs fits any screen and symbols keep their size.
 */
export function ladderPicture(units: readonly Unit[], summary: string): Markup {
  const longest = Math.max(1, ...units.map(({ durationMs }) => durationMs ?? 0))
  const labels = labelSteps(units)
  const classes = `picture ${units.length > 14 ? 'crowded' : ''} ${labels.long ? 'long' : ''}`
  const rungs = units.map((unit, i) => {
    const at = `${(((i + 0.5) / units.length) * 100).toFixed(3)}%`
    return html`<svg x="${at}" class="rung ${unit.verdict}"><a href="#${anchorOf(unit, i)}"><title>${rungTitle(unit)}</title>
<rect class="hit" x="-8" y="0" width="16" height="${BOTTOM}"/>
${rungShape(unit.verdict, rungWidth(unit, longest, units.length))}${symbolAt(unit.verdict, units.length)}</a>
${labelOf(unit, i, labels)}</svg>`
  })
  const width = Math.max(160, units.length * RUNG_SPACE)
  return html`<svg class="${classes}" style="max-width:${width}px" height="136" role="group" aria-label="${summary}">
<rect class="rail" x="0" y="${TOP - 4}" width="100%" height="4" rx="2"/><rect class="rail" x="0" y="${BOTTOM}" width="100%" height="4" rx="2"/>
${inFront(units, rungs)}</svg>`
}

/** Where rungs touch, those that matter cover the others. */
function inFront(units: readonly Unit[], rungs: readonly Markup[]): Markup[] {
  const passed = rungs.filter((_, i) => units[i]?.verdict === 'passed')
  return [...passed, ...rungs.filter((_, i) => units[i]?.verdict !== 'passed')]
}

/** Where a migration is told of: at its findings, or in the list of all. */
export function anchorOf({ findings }: Unit, index: number): string {
  return `${findings.length > 0 ? 'findings' : 'migration'}-${index + 1}`
}

function rungTitle({ title, verdict, durationMs, reason }: Unit): string {
  const parts = [verdictText(verdict), ...(reason === undefined ? [] : [reason])]
  if (durationMs !== null && durationMs > 0) parts.push(formatDuration(durationMs))
  return `${title}: ${parts.join(', ')}`
}

/** The area of a square of this width would be the time: a migration of seconds leaves those of milliseconds visible. */
function rungWidth({ durationMs }: Unit, longest: number, count: number): number {
  const widest = Math.max(THINNEST_RUNG, Math.min(WIDEST_RUNG, (WIDE / count) * 0.6))
  return THINNEST_RUNG + (widest - THINNEST_RUNG) * Math.sqrt((durationMs ?? 0) / longest)
}

function rungShape(verdict: ProofVerdict, width: number): Markup {
  const x = (-width / 2).toFixed(2)
  const w = width.toFixed(2)
  const part = (y: number, height: number, turn = '') =>
    html`<rect class="bar" x="${x}" y="${y}" width="${w}" height="${height}" rx="1"${turn === '' ? undefined : html` transform="${turn}"`}/>`
  const middle = (TOP + BOTTOM) / 2
  switch (verdict) {
    case 'failed':
      return html`${part(TOP, middle - TOP - 4, `rotate(7 0 ${TOP})`)}${part(middle + 4, BOTTOM - middle - 4, `rotate(7 0 ${BOTTOM})`)}`
    case 'irreversible':
      return html`${part(middle + 6, BOTTOM - middle - 6)}`
    case 'not-walked':
      return html`<line class="dots" x1="0" y1="${TOP + 2}" x2="0" y2="${BOTTOM - 2}"/>`
    default:
      return part(TOP, BOTTOM - TOP)
  }
}

/** A symbol above the rung, smaller where many have to fit; what passed needs none among many. */
function symbolAt(verdict: ProofVerdict, count: number): Markup {
  if (count > 40 && verdict !== 'failed' && verdict !== 'warned') return html``
  const scale = count <= 40 ? 1 : count <= 100 ? 0.75 : 0.6
  return html`<g transform="translate(0 14) scale(${scale})">${symbol(verdict)}</g>`
}

/** A disc with a mark, around the origin, 16 wide. */
function symbol(verdict: ProofVerdict): Markup {
  return html`<g class="symbol ${verdict}"><circle r="8"/><path d="${SYMBOL_PATHS[verdict]}"/></g>`
}

const SYMBOL_PATHS: Readonly<Record<ProofVerdict, string>> = {
  passed: 'M-3.5 .3 -1 2.8 3.6 -2.6',
  failed: 'M-2.9 -2.9 2.9 2.9M2.9 -2.9 -2.9 2.9',
  warned: 'M0 -4V1M0 3.6V3.7',
  irreversible: 'M0 3.6V-3.4M-2.8 -.6 0 -3.4 2.8 -.6',
  'not-walked': 'M-3 0H3',
}

/** The same symbol beside text, where the text says what it means. */
export function symbolBeside(verdict: ProofVerdict): Markup {
  return html`<svg class="beside" viewBox="-8 -8 16 16" width="16" height="16" role="img" aria-label="${verdictText(verdict)}">${symbol(verdict)}</svg>`
}

interface LabelSteps {
  /** Every how many rungs a label fits, on a wide and on a narrow screen. */
  readonly wide: number
  readonly narrow: number
  /** Whether they are so long that they would leave a narrow screen. */
  readonly long: boolean
}

function labelSteps(units: readonly Unit[]): LabelSteps {
  const characters = Math.max(6, ...units.map(({ version }) => version?.length ?? 0))
  const needed = units.length * (characters * CHARACTER + 12)
  const long = characters > 8
  // Long labels reach over the ends, so that the ladder is shorter.
  return { long, wide: Math.ceil(needed / (long ? WIDE - 120 : WIDE)), narrow: Math.ceil(needed / NARROW) }
}

function labelOf({ version, durationMs }: Unit, index: number, { wide, narrow, long }: LabelSteps): Markup {
  if (index % wide !== 0) return html``
  const shown = !long && index % (Math.ceil(narrow / wide) * wide) === 0
  const hidden = shown ? '' : 'wide-only'
  const time = durationMs === null || wide > 1 ? '' : formatDuration(durationMs)
  return html`<g class="label ${hidden}" text-anchor="middle" aria-hidden="true"><text y="${BOTTOM + 20}">${version}</text><text class="time" y="${BOTTOM + 35}">${time}</text></g>`
}

/** What the time of one migration was spent on, on a scale that all of them share. */
export function timeBar({ parts, durationMs }: Unit, longest: number): Markup {
  const share = (ms: number) => `${((ms / Math.max(1, longest)) * 100).toFixed(2)}%`
  const classes = ['up', 'down', 'again']
  let at = 0
  const rects = parts.flatMap(({ ms, label }, i) => {
    if (ms === null) return []
    const rect = html`<rect class="${classes[i] ?? 'rest'}" x="${share(at)}" y="0" width="${share(ms)}" height="8"><title>${label} ${formatDuration(ms)}</title></rect>`
    at += ms
    return [rect]
  })
  const rest = Math.max(0, (durationMs ?? 0) - at)
  return html`<svg class="time-bar" height="8" aria-hidden="true">${rects}<rect class="rest" x="${share(at)}" y="0" width="${share(rest)}" height="8"/></svg>`
}
