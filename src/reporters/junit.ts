import type { Finding } from '../core/finding.ts'
import type { ErrorReport } from '../core/run.ts'
import { detailsText, errorDetails } from './finding-text.ts'
import type { ReporterFactory } from './output.ts'
import { createReportFold, type ReportView, type Unit } from './report-view.ts'
import { printableAll } from './text.ts'

/** JUnit's XML, as Jenkins, GitLab and others read it: a test case for every migration, step or walk. */
export const createJunitReporter: ReporterFactory = ({ data, displayPath }) => {
  const fold = createReportFold(displayPath)
  return {
    on(event) {
      const view = fold(printableAll(event))
      if (view !== undefined) data(junitDocument(view))
    },
  }
}

interface TestCase {
  readonly name: string
  readonly classname: string
  readonly ms: number
  readonly result: 'passed' | 'failed' | 'error' | 'skipped'
  /** Elements, each on lines of its own. */
  readonly body: readonly string[]
}

function junitDocument(view: ReportView): string {
  const cases = [...view.units.map((unit) => unitCase(unit, view)), ...runCase(view)]
  const count = (result: TestCase['result']) => String(cases.filter((one) => one.result === result).length)
  const ms = view.report.roundtrip?.durationMs ?? cases.reduce((sum, one) => sum + one.ms, 0)
  const totals = {
    name: view.title,
    tests: String(cases.length),
    failures: count('failed'),
    errors: count('error'),
    skipped: count('skipped'),
    time: seconds(ms),
  }
  const suite = element('testsuite', totals, [...propertiesOf(view), ...cases.map(caseElement)])
  const { skipped: _, ...outer } = totals
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('testsuites', outer, [suite])}\n`
}

function propertiesOf({ report }: ReportView): string[] {
  const { roundtrip, target } = report
  const facts = {
    ...(roundtrip === undefined ? {} : { scratch: roundtrip.scratch }),
    ...(target === null ? {} : { database: target.database, server: target.server }),
  }
  const properties = Object.entries(facts).map(([name, value]) => element('property', { name, value }))
  return properties.length === 0 ? [] : [element('properties', {}, properties)]
}

function unitCase(unit: Unit, view: ReportView): TestCase {
  const { title, path, verdict, durationMs, reason, findings } = unit
  const bare = { name: title, classname: path ?? view.title, ms: durationMs ?? 0 }
  const errors = findings.filter((finding) => finding.severity === 'error')
  // Where the run is strict, warnings are what failed it.
  const blamed = verdict === 'failed' && errors.length === 0 ? findings : errors
  const said = warningElements(blamed === findings ? [] : findings, view)
  if (blamed.length > 0)
    return { ...bare, result: 'failed', body: [...failureElements(blamed, view), ...said] }
  if (verdict === 'failed') {
    const failure = element('failure', { message: reason ?? 'failed', type: 'FAILED' })
    return { ...bare, result: 'failed', body: [failure] }
  }
  if (verdict !== 'irreversible' && verdict !== 'not-walked') return { ...bare, result: 'passed', body: said }
  return { ...bare, result: 'skipped', body: [element('skipped', { message: skippedWhy(unit) }), ...said] }
}

function skippedWhy({ kind, verdict, reason }: Unit): string {
  const isProof = kind === 'proof' || kind === 'ladder' || kind === 'batch'
  const what = isProof ? [verdict.replace('-', ' ')] : []
  return [...what, ...(reason === undefined ? [] : [reason])].join(': ')
}

/** The run itself: what stopped it, and the findings that belong to no part of it. A document has at least one test case. */
function runCase(view: ReportView): TestCase[] {
  const { error } = view.report
  const errors = view.others.filter((finding) => finding.severity === 'error')
  const failures = failureElements(errors, view)
  const body = [
    ...(error === undefined ? [] : [errorElement(error, view)]),
    ...failures,
    ...warningElements(view.others, view),
  ]
  if (body.length === 0 && view.units.length > 0) return []
  const result = error !== undefined ? 'error' : failures.length > 0 ? 'failed' : 'passed'
  return [{ name: 'the run', classname: view.title, ms: 0, result, body }]
}

function errorElement(error: ErrorReport, { pathOf }: ReportView): string {
  const details = errorDetails(error, error.location && pathOf(error.location))
  return element('error', { message: error.message, type: error.code }, [], `${error.message}\n${details}`)
}

function failureElements(findings: readonly Finding[], view: ReportView): string[] {
  return findings.map((finding) =>
    element('failure', { message: finding.message, type: finding.code }, [], bodyOf(finding, view)),
  )
}

/** JUnit knows no warnings; what a test prints comes closest. */
function warningElements(findings: readonly Finding[], view: ReportView): string[] {
  const warnings = findings.filter((finding) => finding.severity === 'warning')
  if (warnings.length === 0) return []
  const text = warnings.map(({ code, message }) => `warning ${code}: ${message}`)
  const bodies = warnings.map((finding, i) => `${text[i]}\n${detailsText(finding, placeOf(finding, view))}`)
  return [element('system-out', {}, [], bodies.join('\n\n'))]
}

function bodyOf(finding: Finding, view: ReportView): string {
  return `${finding.message}\n${detailsText(finding, placeOf(finding, view))}`
}

function placeOf({ location }: Finding, { pathOf }: ReportView): string | undefined {
  return location === undefined ? undefined : pathOf(location)
}

function caseElement({ name, classname, ms, body }: TestCase): string {
  return element('testcase', { name, classname, time: seconds(ms) }, body)
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}

function element(
  name: string,
  attributes: Readonly<Record<string, string>>,
  children: readonly string[] = [],
  text = '',
): string {
  const start = [name, ...Object.entries(attributes).map(([key, value]) => `${key}="${attribute(value)}"`)]
  if (children.length === 0 && text === '') return `<${start.join(' ')}/>`
  const inner = children.map((child) => `\n${child}`).join('')
  return `<${start.join(' ')}>${escapeXml(text)}${inner}${children.length > 0 ? '\n' : ''}</${name}>`
}

/** XML 1.0 has no way to write these, not even as references (section 2.2). */
const ILLEGAL = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escapeXml(text: string): string {
  return text.replace(ILLEGAL, '\ufffd').replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character)
}

/** A parser would make blanks of white space in an attribute (section 3.3.3). */
function attribute(text: string): string {
  return escapeXml(text).replace(/[\t\n\r]/g, (character) => `&#${character.codePointAt(0)};`)
}
