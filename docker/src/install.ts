import { ensureArchives } from './archives.ts';
import { ensureArtifacts, findArtifacts } from './artifacts.ts';
import { findJava } from './java.ts';
import { installPackages, missingParts } from './packages.ts';
import { chooseVersion, clusterFolder, clusterVersion, installedPostgres } from './postgres.ts';
import type { Say } from './say.ts';
import type { Settings } from './settings.ts';

/** Brings whatever is missing: Debian packages, Kafka, Debezium. With all of it there nothing is asked of any network. */
export async function install(settings: Settings, say: Say): Promise<void> {
  const cluster = clusterFolder(settings.data);
  const there = findArtifacts(settings.cache) !== undefined;
  const needs = missingParts({
    path: settings.machine['PATH'] ?? '',
    clusterVersion: clusterVersion(cluster),
    artifactsThere: there,
  });
  await installPackages(needs, settings.machine, say);
  chooseVersion(cluster, installedPostgres());
  const artifacts = await ensureArtifacts(settings.cache, settings.machine, say);
  const java = findJava();
  if (java !== undefined) await ensureArchives(artifacts, java, settings.machine, say);
}
