import type { Finding } from '../core/finding.ts'
import type { Migration } from '../core/migration.ts'
import type { ProofReport } from '../core/run.ts'
import { InOrder } from './in-order.ts'
import type { RunRecorder } from './recorder.ts'
import type { Moment, Unrepeatable } from './scratch-room.ts'
import { unrepeatableFinding } from './walk-findings.ts'
import type { Proved } from './walker.ts'

interface Delivered {
  readonly migration: Migration
  readonly proved: Proved
}

/** What has been proven, by whichever lane, told in the order of the migrations. */
export class Proofs {
  /** The states before the first migration and, by version, after each that is irreversible. */
  readonly floors: Map<string, Moment> = new Map()
  readonly findings: Finding[] = []
  private readonly recorder: RunRecorder
  private readonly order: readonly Migration[]
  private readonly proved = new Map<Migration, Proved>()
  private readonly inOrder = new InOrder<Delivered>((delivered, number) => this.settle(delivered, number))

  constructor(recorder: RunRecorder, selected: Iterable<Migration>) {
    this.recorder = recorder
    this.order = [...selected]
  }

  /** 0-based, among those that are to be proven; negative: it is none of them. */
  numberOf(migration: Migration): number {
    return this.order.indexOf(migration)
  }

  announce(number: number): void {
    const next = this.order[number]
    if (next !== undefined) this.recorder.proofStarted(next.version, next.name, number + 1, this.order.length)
  }

  deliver(migration: Migration, proved: Proved): void {
    this.inOrder.deliver(this.numberOf(migration), { migration, proved })
  }

  found(findings: readonly Finding[]): void {
    this.findings.push(...findings)
    this.recorder.foundMore(findings)
  }

  /** That an up does not run again is the fault of that migration, wherever it came to light; it is told once. */
  foundUnrepeatable(unrepeatable: Unrepeatable): void {
    const finding = unrepeatableFinding(unrepeatable)
    const { version, message } = finding
    if (this.findings.some((one) => one.version === version && one.message === message)) return
    this.found([finding])
    const proved = this.proved.get(unrepeatable.migration)
    if (proved !== undefined)
      this.proved.set(unrepeatable.migration, { ...proved, proof: { ...proved.proof, verdict: 'failed' } })
  }

  get reports(): ProofReport[] {
    return [...this.proved.values()].map(({ proof }) => proof)
  }

  /** The SQL that a down lacks: empty when it lacks none, undefined when nobody knows for certain. */
  fixOf(migration: Migration): string | undefined {
    return this.proved.get(migration)?.fix
  }

  /** What may be put into files. */
  get fixes(): ReadonlyMap<Migration, string> {
    return new Map(
      [...this.proved].flatMap(([migration, { fix, writable }]) =>
        fix === undefined || fix === '' || !writable ? [] : [[migration, fix] as const],
      ),
    )
  }

  /** Tables whose rows are different every time. */
  get unsteady(): ReadonlySet<string> {
    return new Set([...this.proved.values()].flatMap(({ unsteady }) => unsteady.map(({ table }) => table)))
  }

  private settle({ migration, proved }: Delivered, number: number): void {
    if (proved.proof.verdict === 'irreversible' && !this.floors.has(migration.version))
      this.floors.set(migration.version, proved.now)
    const settled = this.afterFailedUp(proved)
    this.proved.set(migration, settled)
    this.found(settled.findings)
    this.recorder.proofFinished(settled.proof, settled.findings)
    this.announce(number + 1)
  }

  /** Behind an up that failed, what misses an object may be its consequence: it is told as such, and not as another cause. */
  private afterFailedUp(proved: Proved): Proved {
    const failed = [...this.proved.values()].find(
      ({ applied, proof }) => !applied && proof.verdict === 'failed',
    )
    const finding = proved.findings[0]
    if (failed === undefined || proved.applied || !MISSING.has(String(finding?.facts?.['sqlstate'])))
      return proved
    const reason = `its up fails here, as ${failed.proof.version} failed before it: ${finding?.message ?? ''}`
    return { ...proved, findings: [], proof: { ...proved.proof, verdict: 'not-walked', reason } }
  }
}

/** Undefined table, column, object, function and schema (manual, appendix A). */
const MISSING: ReadonlySet<string> = new Set(['42P01', '42703', '42704', '42883', '3F000'])
