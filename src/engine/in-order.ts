/** Hands on what comes from several places in the order of its numbers, each as soon as all before it have come. */
export class InOrder<T> {
  private readonly waiting = new Map<number, T>()
  private readonly handOn: (item: T, number: number) => void
  private turn = 0

  constructor(handOn: (item: T, number: number) => void) {
    this.handOn = handOn
  }

  /** @param number 0-based */
  deliver(number: number, item: T): void {
    this.waiting.set(number, item)
    for (let ready = this.waiting.get(this.turn); ready !== undefined; ready = this.waiting.get(this.turn)) {
      this.waiting.delete(this.turn)
      this.handOn(ready, this.turn)
      this.turn++
    }
  }
}
