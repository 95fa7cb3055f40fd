import { createServer, type Server } from 'node:http';
import type { Health } from '@waygraph/kit/health';

export type Metric = {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly values: readonly { readonly labels?: Readonly<Record<string, string>>; readonly value: number }[];
};

const escape = (text: string): string =>
  text.replaceAll(/[\\"\n]/g, character => (character === '\n' ? '\\n' : `\\${character}`));

/** Prometheus' text format, version 0.0.4. */
export function metricsText(metrics: readonly Metric[]): string {
  const lines = metrics.flatMap(({ name, help, type, values }) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...values.map(({ labels = {}, value }) => {
      const list = Object.entries(labels).map(([label, text]) => `${label}="${escape(text)}"`);
      return `${name}${list.length > 0 ? `{${list.join(',')}}` : ''} ${String(value)}`;
    }),
  ]);
  return `${lines.join('\n')}\n`;
}

/** Serves `/health`, `/ready` and `/metrics`. */
export const metricsServer = (health: Health, read: () => readonly Metric[]): Server =>
  createServer((request, response) => {
    if (health.handle(request, response)) return;
    const found = request.method === 'GET' && request.url?.split('?')[0] === '/metrics';
    response.writeHead(found ? 200 : 404, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    response.end(found ? metricsText(read()) : 'only /health, /ready and /metrics\n');
  });
