/** Callers by the certificates that they have proved to hold in the TLS handshake. No header says any of this. */
import type { X509Certificate } from 'node:crypto';
import type { AccessConfig } from '../../config/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { Principal } from '../principal.ts';
import { alternativeNames } from './alternative-names.ts';
import type { Identifier } from './authenticator.ts';

type Holder = AccessConfig['mtls'][number];
type Subject = Readonly<Record<string, string | readonly string[] | undefined>>;

export function identifyByCertificate(holders: readonly Holder[]): Identifier {
  const rules = holders.map(compileHolder);
  /** The same connection is the same object. */
  const principals = new WeakMap<X509Certificate, Principal | 'nobody'>();

  function holderOf(certificate: X509Certificate): Principal | 'nobody' {
    const subject = (certificate.toLegacyObject().subject ?? {}) as unknown as Subject;
    const names = alternativeNames(certificate.subjectAltName ?? '');
    const expiresAt = certificate.validToDate.getTime();
    for (const rule of rules) {
      const holder = rule(subject, names);
      if (holder !== undefined) return Object.freeze({ ...holder, claims: {}, expiresAt });
    }
    return 'nobody';
  }

  return ({ certificate }) => {
    if (certificate === undefined) return undefined;
    let principal = principals.get(certificate);
    if (principal === undefined) {
      principal = holderOf(certificate);
      principals.set(certificate, principal);
    }
    if (principal === 'nobody') return undefined;
    // A connection may outlive the certificate that began it.
    if ((principal.expiresAt ?? 0) <= Date.now()) throw invalid('the client certificate has expired');
    return principal;
  };
}

/** What no way of identifying callers has understood is wrong, not missing. */
export const refuseUnknownCertificates: Identifier = ({ certificate }) => {
  if (certificate === undefined) return undefined;
  throw invalid('no entry of access.mtls matches the client certificate');
};

function compileHolder({ subject, san, id, kind, tenant, scopes, roles }: Holder) {
  const attributes = Object.entries(subject).map(([name, pattern]) => [name, patternOf(pattern)] as const);
  const name = san === undefined ? undefined : patternOf(san);
  return (of: Subject, names: readonly string[]): Omit<Principal, 'claims' | 'expiresAt'> | undefined => {
    const matched = name === undefined ? undefined : names.find((candidate) => name.test(candidate));
    if (name !== undefined && matched === undefined) return undefined;
    if (!attributes.every(([attribute, pattern]) => valuesOf(of, attribute).some((value) => pattern.test(value))))
      return undefined;
    const [commonName, ...more] = valuesOf(of, 'CN');
    const holderId = id ?? matched?.slice(matched.indexOf(':') + 1) ?? (more.length === 0 ? commonName : undefined);
    return holderId === undefined || holderId === '' ? undefined : { id: holderId, kind, tenant, scopes, roles };
  };
}

function valuesOf(subject: Subject, attribute: string): readonly string[] {
  const value = Object.hasOwn(subject, attribute) ? subject[attribute] : undefined;
  return value === undefined ? [] : [value].flat();
}

function patternOf(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => RegExp.escape(part));
  return new RegExp(`^${parts.join('[^./]+')}$`);
}

function invalid(detail: string): GatewayError {
  return new GatewayError('UNAUTHENTICATED', { message: 'The client certificate is not valid here.', detail });
}
