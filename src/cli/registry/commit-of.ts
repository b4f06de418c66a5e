/** Which commit something was published from: what CI systems and Git say. */
import { execFileSync } from 'node:child_process';

const variables = [
  'GITHUB_SHA',
  'CI_COMMIT_SHA',
  'BITBUCKET_COMMIT',
  'CIRCLE_SHA1',
  'BUILD_SOURCEVERSION',
  'GIT_COMMIT',
];

/** @returns undefined outside of a repository */
export function commitOf(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  for (const name of variables)
    if (environment[name] !== undefined && environment[name] !== '') return environment[name];
  try {
    const text = execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return text.trim();
  } catch {
    return undefined;
  }
}
