import { base32, type RandomBytes } from '../any-cloud/random-ids.ts';

export interface PrincipalSpec {
  /** Twelve digits. */
  account: string;
  kind: 'user' | 'role';
  name: string;
  /** Name of the session; a role is only ever used through one. */
  sessionName?: string;
  /**
   * What the identity's own policies allow, such as `kms:*` or `cloudtrail:LookupEvents`; default
   * nothing.
   */
  allow?: readonly string[];
}

/** A user, or one session of a role, with the credentials it signs with. */
export interface Principal {
  account: string;
  kind: 'user' | 'role';
  name: string;
  sessionName: string | null;
  /** ARN of the user, or of the session (`assumed-role`). */
  arn: string;
  /** `AIDA…`, or `AROA…:session`; the AROA part is the role's and the same in all its sessions. */
  principalId: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Roles only. */
  sessionToken: string | null;
  allow: readonly string[];
  /** Epoch ms, sandbox time. */
  createdAt: number;
}

const principalsMax = 10_000;
const namePattern = /^[\w+=,.@-]{1,64}$/;
const sessionPattern = /^[\w+=,.@-]{2,64}$/;

/** ARN of the user, or of the role behind a session: what policies name. */
export const identityArn = ({ account, kind, name }: Principal): string =>
  `arn:aws:iam::${account}:${kind}/${name}`;

/** Every principal of the sandbox's accounts, found by access key. */
export class PrincipalDirectory {
  readonly #byAccessKey = new Map<string, Principal>();
  readonly #idByIdentity = new Map<string, string>();
  readonly #random: RandomBytes;

  constructor(random: RandomBytes, restored: readonly Principal[]) {
    this.#random = random;
    for (const principal of restored) this.#keep(principal);
  }

  add(spec: PrincipalSpec, createdAt: number): Principal {
    const { account, kind, name } = spec;
    if (!/^\d{12}$/.test(account)) throw new TypeError('account must be 12 digits');
    if (!namePattern.test(name)) throw new TypeError('name must be 1 to 64 of \\w + = , . @ -');
    if (this.#byAccessKey.size >= principalsMax) throw new RangeError('too many principals');
    const principal =
      kind === 'user' ? this.#user(spec, createdAt) : this.#session(spec, createdAt);
    this.#keep(principal);
    return principal;
  }

  find(accessKeyId: string): Principal | undefined {
    return this.#byAccessKey.get(accessKeyId);
  }

  list(): Principal[] {
    return [...this.#byAccessKey.values()];
  }

  #keep(principal: Principal): void {
    const [id = ''] = principal.principalId.split(':');
    this.#idByIdentity.set(identityArn(principal), id);
    this.#byAccessKey.set(principal.accessKeyId, principal);
  }

  #user({ account, name, sessionName, allow = [] }: PrincipalSpec, createdAt: number): Principal {
    if (sessionName !== undefined) throw new TypeError('sessionName is for roles only');
    const arn = `arn:aws:iam::${account}:user/${name}`;
    return {
      account,
      kind: 'user',
      name,
      sessionName: null,
      arn,
      principalId: this.#idByIdentity.get(arn) ?? `AIDA${base32(this.#random, 17)}`,
      accessKeyId: `AKIA${base32(this.#random, 16)}`,
      secretAccessKey: this.#secret(30),
      sessionToken: null,
      allow: [...allow],
      createdAt,
    };
  }

  #session({ account, name, sessionName, allow = [] }: PrincipalSpec, createdAt: number) {
    if (sessionName === undefined || !sessionPattern.test(sessionName)) {
      throw new TypeError('sessionName must be 2 to 64 of \\w + = , . @ -');
    }
    const roleId =
      this.#idByIdentity.get(`arn:aws:iam::${account}:role/${name}`) ??
      `AROA${base32(this.#random, 17)}`;
    return {
      account,
      kind: 'role' as const,
      name,
      sessionName,
      arn: `arn:aws:sts::${account}:assumed-role/${name}/${sessionName}`,
      principalId: `${roleId}:${sessionName}`,
      accessKeyId: `ASIA${base32(this.#random, 16)}`,
      secretAccessKey: this.#secret(30),
      sessionToken: this.#secret(96),
      allow: [...allow],
      createdAt,
    };
  }

  #secret(bytes: number): string {
    return Buffer.from(this.#random(bytes)).toString('base64');
  }
}
