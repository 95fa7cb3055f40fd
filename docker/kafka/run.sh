#!/bin/sh
# Starts Kafka or Connect, with Docker and without: run.sh kafka|connect <config> <written config> [name=value ...]
# The configuration file with the overrides appended (the last value of a name wins) is what the server reads.
# Environment: KAFKA_LIBS (folder of the jars), JAVA_OPTS, LOG4J (path of log4j2.properties), JAVA (default: java).
set -eu
what=$1 config=$2 written=$3
shift 3
{
  cat "$config"
  echo
  for override in "$@"; do echo "$override"; done
} >"$written"

# Sorted, not a wildcard: the shared class archive is valid for one order of the jars only.
classpath=$(find "$KAFKA_LIBS" -name '*.jar' | LC_ALL=C sort | tr '\n' ':')

if [ "$what" = connect ]; then
  # shellcheck disable=SC2086
  exec "${JAVA:-java}" $JAVA_OPTS "-Dlog4j2.configurationFile=$LOG4J" -cp "$classpath" org.apache.kafka.connect.cli.ConnectDistributed "$written"
fi

logs=$(sed -n 's/^log\.dirs=//p' "$written" | tail -n 1)
if [ ! -f "$logs/meta.properties" ]; then
  mkdir -p "$logs"
  # shellcheck disable=SC2086
  "${JAVA:-java}" $JAVA_OPTS "-Dlog4j2.configurationFile=$LOG4J" -cp "$classpath" kafka.tools.StorageTool format --cluster-id WaygraphWaygraphWayg0g --config "$written"
fi
# shellcheck disable=SC2086
exec "${JAVA:-java}" $JAVA_OPTS "-Dlog4j2.configurationFile=$LOG4J" -cp "$classpath" kafka.Kafka "$written"
