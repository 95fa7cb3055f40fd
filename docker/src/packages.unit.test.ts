import { describe, expect, test } from '@jest/globals';
import { packagesFor, type Needs } from './packages.ts';

const nothing: Needs = { anyPostgres: false, redis: false, java: false, maven: false };
const postgres = (major: number) => [
  `postgresql-${String(major)}`,
  `postgresql-${String(major)}-postgis-3`,
  `postgresql-${String(major)}-pgrouting`,
];
const bookworm = new Set([...postgres(15), 'redis-server', 'openjdk-17-jre-headless', 'default-jre-headless', 'maven']);

describe('packages', () => {
  test('nothing missing, nothing installed', () => {
    expect(packagesFor(nothing, bookworm)).toEqual([]);
  });

  test('on a bare Debian 12', () => {
    expect(packagesFor({ anyPostgres: true, redis: true, java: true, maven: true }, bookworm)).toEqual([
      ...postgres(15),
      'redis-server',
      'openjdk-17-jre-headless',
      'maven',
    ]);
  });

  test('the newest PostgreSQL that has both extensions, not the newest alone', () => {
    const offered = new Set([...postgres(16), ...postgres(17), 'postgresql-18', 'postgresql-14']);
    expect(packagesFor({ ...nothing, anyPostgres: true }, offered)).toEqual(postgres(17));
  });

  test('data of an older version ask for that version', () => {
    const offered = new Set([...postgres(15), ...postgres(17)]);
    expect(packagesFor({ ...nothing, anyPostgres: true, postgres: 15 }, offered)).toEqual(postgres(15));
  });

  test('a distribution without Java 17 gives what it has', () => {
    expect(packagesFor({ ...nothing, java: true }, new Set(['openjdk-21-jre-headless']))).toEqual([
      'openjdk-21-jre-headless',
    ]);
    expect(packagesFor({ ...nothing, java: true }, new Set())).toEqual(['default-jre-headless']);
  });
});
