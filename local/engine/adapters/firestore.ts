import type { Adapter, Reader } from "./adapter";

const databaseName = (read: Reader, path: string, fallback?: string): string => {
  const name = read.text(path) ?? fallback ?? read.required(path);
  return name.startsWith("projects/") ? name : `projects/${read.project}/databases/${name}`;
};

const database: Adapter = {
  type: "google_firestore_database",
  runs: true,
  honoured: ["name", "project", "type"],
  inert: [
    "app_engine_integration_mode",
    "cmek_config",
    "concurrency_mode",
    "database_edition",
    "delete_protection_state",
    "deletion_policy",
    "location_id",
    "point_in_time_recovery_enablement",
    "tags",
    "timeouts",
  ],
  computed: (read) => ({
    project: read.project,
    id: databaseName(read, "name"),
    uid: databaseName(read, "name"),
    key_prefix: "",
  }),
  contribute(read, _resource, draft) {
    draft.databases.add(read.required("id"));
  },
};

const field: Adapter = {
  type: "google_firestore_field",
  runs: ({ ttl_config }) => ttl_config !== undefined && ttl_config !== null,
  honoured: ["database", "collection", "field", "project", "ttl_config"],
  // Queries of the engine need no index.
  inert: ["index_config", "timeouts"],
  computed(read) {
    const parent = databaseName(read, "database", "(default)");
    const name = `${parent}/collectionGroups/${read.required("collection")}/fields/${read.required("field")}`;
    return { project: read.project, id: name, name };
  },
  contribute(read, _resource, draft) {
    if (!read.block("ttl_config")) return;
    draft.ttls.push({
      database: databaseName(read, "database", "(default)"),
      collectionGroup: read.required("collection"),
      field: read.required("field"),
    });
  },
};

export const firestoreAdapters: readonly Adapter[] = [database, field];
