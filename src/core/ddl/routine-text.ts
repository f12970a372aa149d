/** `app.f` of `app.f(integer, text)`: what stands before the arguments. A quoted name may hold a parenthesis. */
export function withoutArguments(name: string): string {
  return /^(?:"(?:[^"]|"")*"|[^"(])+/.exec(name)?.[0] ?? name
}

/** `integer, text` of `app.f(integer, text)`. */
export function argumentsOf(name: string): string {
  return name.slice(withoutArguments(name).length + 1, -1)
}

/** `NAME = value` for each parameter of CREATE … (…) that has one; a parameter without a value stands alone. */
export function parameters(
  entries: ReadonlyArray<readonly [name: string, value: string | undefined]>,
): string {
  return entries
    .flatMap(([name, value]) =>
      value === undefined ? [] : [value === '' ? name.toUpperCase() : `${name.toUpperCase()} = ${value}`],
    )
    .join(', ')
}

/** Whether nothing else than these facts changed. */
export function only(changed: readonly string[], facts: readonly string[]): boolean {
  return changed.every((fact) => facts.includes(fact))
}
