import type { CodeTable } from "./table";

/** MR1600–MR1699: databases that keep records and effects. */
export const storesCodes = {
  MR1601: {
    title: "illegal Firestore database id",
    why: "Firestore refuses the database at apply, and a database cannot be renamed later",
    fix: 'use "(default)", or 4–63 lower-case letters, digits and hyphens that start with a letter and end with a letter or digit',
    source: "https://firebase.google.com/docs/firestore/manage-databases",
  },
  MR1602: {
    title: "two TTL fields in one collection group",
    why: "Firestore takes one TTL field for a collection group",
    fix: "choose one of the fields",
    source: "https://firebase.google.com/docs/firestore/ttl",
  },
} as const satisfies CodeTable;
