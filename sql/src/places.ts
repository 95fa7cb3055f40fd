import { serviceNames } from '@waygraph/schema/services';

export type Login = { readonly user: string; readonly password: string };

/** A schema of the command database and the one role that may use it. */
export type Owner = { readonly schema: string; readonly login: Login };

/** One database on one PostgreSQL server. */
export type Place = { readonly host: string; readonly port: number; readonly database: string };

export type CommandPlace = Place & { readonly owners: readonly Owner[]; readonly cdc: Login; readonly health: Login };

export type ReadPlace = Place & { readonly reader: Login; readonly writer: Login };

export type Plan = { readonly admin: Login; readonly command: readonly CommandPlace[]; readonly read: ReadPlace };

type Env = Readonly<Record<string, string | undefined>>;

const defaultPort = 5432;

/**
 * Reads from the connection URLs what has to exist where. The first command place is the one CDC_DATABASE_URL names; each other
 * server or database that a service's URL names is a further place. Throws one error that lists every fault.
 */
export function planPlaces(env: Env): Plan {
  const faults: string[] = [];
  const base = `127.0.0.1:${env['POSTGRES_PORT'] ?? String(defaultPort)}`;
  const read = (name: string, fallback: string) => parseUrl(name, env[name] ?? fallback, faults);

  const cdc = read('CDC_DATABASE_URL', `postgres://cdc:cdc@${base}/command`);
  const health = read('OUTBOX_HEALTH_DATABASE_URL', `postgres://outbox_health:outbox_health@${base}/command`);
  const services = serviceNames.map(schema => ({
    schema,
    url: read(`${schema.toUpperCase()}_DATABASE_URL`, `postgres://${schema}:${schema}@${base}/command`),
  }));
  const reader = read('READ_DATABASE_URL', `postgres://reader:reader@${base}/read`);
  // The variable names one login; the other one's URL may be given too, and is otherwise the same place with name = password.
  const writer =
    reader.login.user === 'read_sync' ? reader : read('READ_SYNC_DATABASE_URL', sibling(reader, 'read_sync'));
  const open = reader.login.user === 'read_sync' ? read('READER_DATABASE_URL', sibling(reader, 'reader')) : reader;

  const admin = {
    user: env['POSTGRES_ADMIN_USER'] ?? 'waygraph',
    password: env['POSTGRES_ADMIN_PASSWORD'] ?? 'waygraph',
  };
  const logins = [
    { what: 'POSTGRES_ADMIN_USER', user: admin.user },
    { what: 'CDC_DATABASE_URL', user: cdc.login.user },
    { what: 'OUTBOX_HEALTH_DATABASE_URL', user: health.login.user },
    ...services.map(({ schema, url }) => ({ what: `${schema.toUpperCase()}_DATABASE_URL`, user: url.login.user })),
    { what: 'the read database (reader)', user: open.login.user },
    { what: 'the read database (writer)', user: writer.login.user },
  ];
  faults.push(...sharedLogins(logins));
  if (faults.length > 0) throw new Error(faults.join('\n'));

  const places = new Map<string, Place & { owners: Owner[]; cdc: Login; health: Login }>();
  const at = (place: Place) => {
    const key = `${place.host}:${String(place.port)}/${place.database}`;
    const known = places.get(key) ?? { ...bare(place), owners: [], cdc: cdc.login, health: health.login };
    places.set(key, known);
    return known;
  };
  at(cdc);
  for (const { schema, url } of services) at(url).owners.push({ schema, login: url.login });
  return { admin, command: [...places.values()], read: { ...bare(open), reader: open.login, writer: writer.login } };
}

const bare = ({ host, port, database }: Place): Place => ({ host, port, database });

const sibling = ({ host, port, database }: Place, user: string) =>
  `postgres://${user}:${user}@${host}:${String(port)}/${database}`;

/** A role that serves two purposes would see both schemas: isolation would be gone without a word. */
function sharedLogins(logins: ReadonlyArray<{ what: string; user: string }>): string[] {
  const first = new Map<string, string>();
  return logins.flatMap(({ what, user }) => {
    const earlier = first.get(user);
    first.set(user, earlier ?? what);
    return earlier === undefined
      ? []
      : [`${what}: the login "${user}" is also that of ${earlier}; each needs a role of its own`];
  });
}

function parseUrl(name: string, text: string, faults: string[]): Place & { login: Login } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const database = decodeURIComponent(url?.pathname.slice(1) ?? '');
  const parts = { user: url?.username, password: url?.password, host: url?.hostname, database };
  const missing = Object.entries(parts).flatMap(([part, value]) => (value ? [] : [part]));
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol) || missing.length > 0) {
    const lacks = missing.length > 0 && url !== undefined ? ` (lacks ${missing.join(', ')})` : '';
    faults.push(`${name}: expected postgres://user:password@host:port/database${lacks}`);
  }
  const login = { user: decodeURIComponent(parts.user ?? ''), password: decodeURIComponent(parts.password ?? '') };
  return { host: parts.host ?? '', port: Number(url?.port || defaultPort), database, login };
}
