export interface TestServer {
  readonly url: string
  /** Completes "tests run on …". */
  readonly description: string
  stop(): Promise<void>
}

export const kinds = ['url', 'docker', 'embedded'] as const
export type Kind = (typeof kinds)[number]
