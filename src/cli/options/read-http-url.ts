import { InvalidArgumentError } from 'commander';

export function readHttpUrl(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw new InvalidArgumentError('Write a URL such as http://127.0.0.1:4000/graphql.');
  return text;
}
