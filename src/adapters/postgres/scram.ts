import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

/** A server that breaks the rules of SCRAM, or does not know the password that it asks for. */
export class ScramError extends Error {}

const PLAIN = 'SCRAM-SHA-256'
const BOUND = 'SCRAM-SHA-256-PLUS'
const KEY_BYTES = 32
const NONCE_BYTES = 18
// An impostor could keep us busy for hours; servers use thousands.
const MOST_ITERATIONS = 10_000_000

export interface ScramOptions {
  /** What the server offers. */
  readonly mechanisms: readonly string[]
  readonly password: string
  /** The hash of the server's certificate (RFC 5929, tls-server-end-point), where there is TLS and it can be computed. */
  readonly endPoint: Buffer | undefined
  readonly channelBinding: 'disable' | 'prefer' | 'require'
}

/**
 * The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677; manual, section 54.3.1). It proves the password without sending it, makes the
 * server prove that it knows it too, and with channel binding that nobody stands in between.
 */
export class ScramClient {
  readonly mechanism: string
  private readonly options: ScramOptions
  private readonly header: string
  private readonly nonce = randomBytes(NONCE_BYTES).toString('base64')
  private serverSignature: Buffer | undefined
  private proven = false

  /** @throws ScramError when the server offers nothing that is allowed */
  constructor(options: ScramOptions) {
    const { mechanisms, endPoint, channelBinding } = options
    const bound = mechanisms.includes(BOUND) && endPoint !== undefined && channelBinding !== 'disable'
    if (channelBinding === 'require' && !bound)
      throw new ScramError('channel_binding=require, and the server or the connection has no channel binding')
    if (!bound && !mechanisms.includes(PLAIN))
      throw new ScramError('the server offers no SASL mechanism that is known here')
    this.options = options
    this.mechanism = bound ? BOUND : PLAIN
    // `y` says that we could have: a man in the middle who took the offer away is found out by the server.
    const couldBind = endPoint !== undefined && channelBinding !== 'disable' && !mechanisms.includes(BOUND)
    this.header = bound ? 'p=tls-server-end-point,,' : couldBind ? 'y,,' : 'n,,'
  }

  /** Whether the server has proven that it knows the password. */
  get done(): boolean {
    return this.proven
  }

  /** The user's name is left out: PostgreSQL takes it from the start-up message. */
  first(): string {
    return `${this.header}n=,r=${this.nonce}`
  }

  /** @throws ScramError */
  async answer(serverFirst: string): Promise<string> {
    const { r: nonce, s: salt, i: count } = attributes(serverFirst)
    const iterations = Number(count)
    if (nonce === undefined || !nonce.startsWith(this.nonce) || nonce.length === this.nonce.length || !salt)
      throw new ScramError('the server breaks the rules of SCRAM')
    if (!Number.isInteger(iterations) || iterations < 1 || iterations > MOST_ITERATIONS)
      throw new ScramError('the server asks for a number of SCRAM iterations that makes no sense')
    const key = await promisify(pbkdf2)(
      saslPrep(this.options.password),
      Buffer.from(salt, 'base64'),
      iterations,
      KEY_BYTES,
      'sha256',
    )
    const bound = this.mechanism === BOUND ? (this.options.endPoint ?? Buffer.alloc(0)) : Buffer.alloc(0)
    const binding = Buffer.concat([Buffer.from(this.header), bound]).toString('base64')
    const final = `c=${binding},r=${nonce}`
    const transcript = `n=,r=${this.nonce},${serverFirst},${final}`
    const clientKey = hmac(key, 'Client Key')
    const signature = hmac(createHash('sha256').update(clientKey).digest(), transcript)
    this.serverSignature = hmac(hmac(key, 'Server Key'), transcript)
    return `${final},p=${xor(clientKey, signature).toString('base64')}`
  }

  /** @throws ScramError when the server does not know the password */
  verify(serverFinal: string): void {
    const { v } = attributes(serverFinal)
    const given = Buffer.from(v ?? '', 'base64')
    const expected = this.serverSignature
    if (expected === undefined || given.length !== expected.length || !timingSafeEqual(given, expected))
      throw new ScramError('the server does not know the password that it asks for')
    this.proven = true
  }
}

/** What a server that answers with MD5 wants: both hashes in hexadecimal (manual, section 54.2.1). */
export function md5Answer(user: string, password: string, salt: Buffer): string {
  const md5 = (data: string | Buffer) => createHash('md5').update(data).digest('hex')
  return `md5${md5(Buffer.concat([Buffer.from(md5(password + user)), salt]))}`
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, i) => byte ^ (b[i] ?? 0)))
}

function attributes(text: string): Record<string, string | undefined> {
  return Object.fromEntries(text.split(',').map((part) => [part.slice(0, 1), part.slice(2)]))
}

const MAPPED_TO_SPACE = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g
const MAPPED_TO_NOTHING = /\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/g
const PROHIBITED =
  /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\u2028\u2029\u200e\u200f\u202a-\u202e\u206a-\u206f\ufff9-\ufffd]/u

/** SASLprep (RFC 4013) as PostgreSQL uses it: a password that it forbids is taken as it is. */
function saslPrep(password: string): string {
  if (/^[\x20-\x7e]*$/.test(password)) return password
  const prepared = password.replace(MAPPED_TO_SPACE, ' ').replace(MAPPED_TO_NOTHING, '').normalize('NFKC')
  return prepared === '' || PROHIBITED.test(prepared) ? password : prepared
}

/** Object identifiers of signatures (RFC 8017, RFC 5758), DER-encoded, with the hash of RFC 5929: never less than SHA-256. */
const SIGNATURE_HASHES: Readonly<Record<string, string>> = {
  '2a864886f70d010104': 'sha256',
  '2a864886f70d010105': 'sha256',
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  '2a864886f70d01010e': 'sha224',
  '2a8648ce3d0401': 'sha256',
  '2a8648ce3d040301': 'sha224',
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
}

/**
 * What tls-server-end-point binds to: the certificate hashed as its own signature is.
 * @param certificate DER
 * @returns undefined where the signature has no hash of its own, such as Ed25519
 */
export function endPointHash(certificate: Buffer): Buffer | undefined {
  // Certificate: SEQUENCE { tbsCertificate SEQUENCE, signatureAlgorithm SEQUENCE { OBJECT IDENTIFIER … }, … }
  const outer = derValue(certificate, 0)
  const algorithm = derValue(certificate, derValue(certificate, outer.start).end)
  const identifier = derValue(certificate, algorithm.start)
  const hash = SIGNATURE_HASHES[certificate.toString('hex', identifier.start, identifier.end)]
  return hash === undefined ? undefined : createHash(hash).update(certificate).digest()
}

function derValue(der: Buffer, at: number): { start: number; end: number } {
  const short = der.readUInt8(at + 1)
  if (short < 0x80) return { start: at + 2, end: at + 2 + short }
  const bytes = short & 0x7f
  const start = at + 2 + bytes
  return { start, end: start + der.readUIntBE(at + 2, bytes) }
}
