/**
 * `node subgraphs/demo-tokens/make.ts`: tokens of the sample's callers, and the key set that verifies them. They are public, so
 * they are for the sample alone. The private key is in no file: nobody makes further tokens with it.
 */
import { writeFile } from 'node:fs/promises';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

const issuer = 'https://demo.isthmus.example';
const audience = 'shop';
/** The year 2100. */
const expiresAt = 4_102_444_800;

/** Callers by the name of their token; what is not here is `public`. */
const callers = {
  priya: { sub: 'u3', scope: 'email:read' },
  wei: { sub: 'u12', roles: ['support'] },
};

const { publicKey, privateKey } = await generateKeyPair('ES256');
const kid = 'demo';
const tokens: Record<string, string> = {};
for (const [name, claims] of Object.entries(callers)) {
  tokens[name] = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', kid })
    .setIssuer(issuer)
    .setAudience(audience)
    .setExpirationTime(expiresAt)
    .sign(privateKey);
}
const key = { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' };
await write('keys.json', { keys: [key] });
await write('tokens.json', tokens);

async function write(file: string, content: object): Promise<void> {
  await writeFile(new URL(file, import.meta.url), `${JSON.stringify(content, undefined, 2)}\n`);
}
