// A payment provider for development and tests: a process of its own behind HTTP, which keeps its word over a kill.
import { close, createHealth, listen } from '@waygraph/kit/health';
import { createLifecycle } from '@waygraph/kit/lifecycle';
import { createLog } from '@waygraph/kit/log';
import { createBehaviours } from './behaviours.ts';
import { createBook, type Entry } from './charges.ts';
import { readEnv } from './env.ts';
import { createPspServer } from './http.ts';
import { openLedgerFile } from './ledger-file.ts';
import { createProvider } from './provider.ts';

const env = readEnv();
const log = createLog('fake-psp', env.LOG_LEVEL);
const lifecycle = createLifecycle({ log });

const file = await openLedgerFile<Entry>(env.FAKE_PSP_FILE);
lifecycle.onStop('ledger file', () => file.close());

const behaviours = createBehaviours();
const append = async (entry: Entry): Promise<void> => {
  try {
    await file.append(entry);
  } catch (error) {
    log.error({ err: error }, 'a charge was not kept');
    void lifecycle.stop('a charge was not kept', 1);
    throw error;
  }
};
const health = createHealth({});
const server = createPspServer({
  provider: createProvider({ book: createBook(file.entries), behaviours, append }),
  behaviours,
  health,
  log,
});
const port = await listen(server, env.FAKE_PSP_PORT, env.LISTEN_HOST);
lifecycle.onStop('server', () => {
  health.drain();
  const closed = close(server);
  // Requests that are never answered would keep it open.
  server.closeAllConnections();
  return closed;
});
log.info({ port, charges: file.entries.length }, 'fake-psp listens');
