/** `access.mtls`: who the holders of client certificates are. */
import { z } from 'zod';

const pattern = z
  .string()
  .min(1)
  .refine((text) => !text.includes('**'), 'a * stands for all characters but . and /; write one at a time');

const holder = z
  .strictObject({
    subject: z
      .record(z.string().regex(/^[A-Za-z][A-Za-z0-9]*$/, 'write an attribute such as CN or O'), pattern)
      .refine((attributes) => Object.keys(attributes).length > 0, 'name at least one attribute, such as CN')
      .optional()
      .describe('Attributes of the certificate’s subject, all of which must match: `{ CN: "billing-*", O: Shop }`.'),
    san: pattern
      .refine(
        (text) => /^(?:DNS|URI|email|IP Address):./.test(text),
        'write a name with its kind: DNS:, URI:, email: or IP Address:',
      )
      .optional()
      .describe('A subject alternative name with its kind, one of which must match: `URI:spiffe://shop.example/*`.'),
    id: z
      .string()
      .min(1)
      .optional()
      .describe('The id of the caller. Default: the name that matched, without its kind, else the subject’s CN.'),
    kind: z.enum(['service', 'user']).default('service').describe('What the caller is.'),
    tenant: z.string().min(1).default('public').describe('The caller’s tenant.'),
    scopes: z.array(z.string().min(1)).default([]).describe('The caller’s scopes.'),
    roles: z.array(z.string().min(1)).default([]).describe('The caller’s roles.'),
  })
  .refine(({ subject, san }) => subject !== undefined || san !== undefined, 'name subject or san, or both')
  .refine(({ subject, san, id }) => id !== undefined || san !== undefined || subject?.CN !== undefined, {
    message: 'add an id, or a pattern of subject.CN, which is the id then',
    path: ['subject'],
  });

export const mtlsYaml = z
  .array(holder)
  .default([])
  .describe(
    'Identifies callers by their client certificates, which `server.tls.client_auth` has accepted: the first entry that matches decides. In patterns, `*` stands for all characters but `.` and `/`.',
  );

export interface CertificateHolder {
  /** Patterns by attribute. */
  readonly subject: Readonly<Record<string, string>>;
  readonly san: string | undefined;
  readonly id: string | undefined;
  readonly kind: 'service' | 'user';
  readonly tenant: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
}

export function resolveMtls(yaml: z.output<typeof mtlsYaml>): readonly CertificateHolder[] {
  return yaml.map(({ subject = {}, san, id, kind, tenant, scopes, roles }) => ({
    subject,
    san,
    id,
    kind,
    tenant,
    scopes,
    roles,
  }));
}
