/** An element of a document that {@link parseXml} read. */
export interface XmlElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: XmlElement[]
  /** All text inside, that of children included. */
  text: string
}

const TOKEN = /<\?[^?]*\?>|<\/([\w-]+)>|<([\w-]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/y
const ATTRIBUTE = /([\w:-]+)="([^"]*)"/g
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
// biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0, section 2.2, says so
const ILLEGAL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/u

/** A strict reader of the XML that our documents use: anything that is not well-formed is an error. */
export function parseXml(document: string): XmlElement {
  if (ILLEGAL.test(document)) throw new Error('a character that XML 1.0 forbids')
  const root: XmlElement = { name: '', attributes: {}, children: [], text: '' }
  const open = [root]
  for (const match of tokens(document)) {
    const [, closed, opened, attributes = '', selfClosed, text = ''] = match
    for (const element of open) element.text += decode(text)
    if (closed !== undefined && open.pop()?.name !== closed) throw new Error(`</${closed}> closes another`)
    if (opened === undefined) continue
    const element = { name: opened, attributes: readAttributes(attributes), children: [], text: '' }
    open.at(-1)?.children.push(element)
    if (selfClosed !== '/') open.push(element)
  }
  const [only, ...more] = root.children
  if (only === undefined || more.length > 0 || open.length > 1) throw new Error('not one element')
  return only
}

function* tokens(document: string): Generator<RegExpExecArray> {
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < document.length) {
    const at = TOKEN.lastIndex
    const match = TOKEN.exec(document)
    if (match === null) throw new Error(`not well-formed: ${document.slice(at, at + 80)}`)
    yield match
  }
}

function readAttributes(text: string): Record<string, string> {
  const pairs = [...text.matchAll(ATTRIBUTE)].map(
    ([, name = '', value = '']) => [name, decode(value)] as const,
  )
  if (new Set(pairs.map(([name]) => name)).size < pairs.length) throw new Error(`an attribute twice: ${text}`)
  return Object.fromEntries(pairs)
}

function decode(text: string): string {
  return text.replace(/&([^;\s]*;?)/g, (_, reference: string) => {
    const name = reference.slice(0, -1)
    const code = /^#(\d+);$/.exec(reference)?.[1]
    const character = code === undefined ? ENTITIES[name] : String.fromCodePoint(Number(code))
    if (character === undefined || !reference.endsWith(';')) throw new Error(`no entity: &${reference}`)
    return character
  })
}

/** All elements of a name, in the order of the document. */
export function elementsOf(element: XmlElement, name: string): XmlElement[] {
  return element.children.flatMap((child) => [
    ...(child.name === name ? [child] : []),
    ...elementsOf(child, name),
  ])
}
