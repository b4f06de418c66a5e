/** A client of `bench/limits.ts`: sends one request as often as it is told, over connections that it keeps, and reads every answer. */
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { answerParent } from './answer-parent.ts';

export interface PageTurn {
  readonly url: string;
  readonly body: string;
  readonly requests: number;
  readonly connections: number;
}

const agent = new Agent({ keepAlive: true });

answerParent({
  /** @returns the last answer */
  async send(value: PageTurn) {
    const { url, body, requests, connections } = value;
    let remaining = requests;
    let last = '';
    const sendInTurn = async (): Promise<void> => {
      while (remaining-- > 0) last = await send(url, body);
    };
    await Promise.all(Array.from({ length: connections }, sendInTurn));
    return last;
  },
});

// The probe lets go of the channel; this process has nothing else to live for.
process.channel?.ref();

function send(url: string, body: string): Promise<string> {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const sending = request(url, { method: 'POST', agent, headers }, (response) =>
      text(response).then(resolve, reject),
    );
    sending.once('error', reject);
    sending.end(body);
  });
}
