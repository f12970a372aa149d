/** `://user:password@`; a password that was not encoded may hold anything. `resolve` makes one slash of the two. */
const IN_URL = /:\/{1,2}[^\s@:]*:(?:\S*|[^\n"]*)@/g
/** libpq's `password=secret` and `password = 'a secret'`. */
const IN_KEY = /\b(password|passwd|pwd)(\s*=\s*)(?:'(?:[^'\\]|\\.)*'|\S+?(?="?(?:\s|$)))/gi

/** Takes passwords out of a text for people: what the user typed is repeated in messages, and it may be a connection string. */
export function redact(text: string): string {
  return text.replace(IN_URL, '://…@').replace(IN_KEY, '$1$2…')
}
