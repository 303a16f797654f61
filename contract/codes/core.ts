import type { CodeTable } from "./table";

/** MR1000–MR1099: stacks, names, labels, grants and keys. */
export const coreCodes = {
  MR1001: {
    title: "construct outside a MillraceStack",
    why: "names, grants and service agents follow from the stack's project, number and region",
    fix: "create it below a MillraceStack",
  },
  MR1002: {
    title: "illegal name of an app or environment",
    why: "both are parts of the stack's id and, unless a prefix is given, of every resource name",
    fix: "use lower-case letters, digits and hyphens, starting with a letter and not ending in a hyphen",
  },
  MR1003: {
    title: "illegal project id or number",
    why: "service agents are named after the project's number and references after its id; a wrong one fails at apply",
    fix: "copy id and number from `gcloud projects describe PROJECT`",
    source: "https://cloud.google.com/resource-manager/docs/creating-managing-projects",
  },
  MR1004: {
    title: "illegal region",
    why: "what has a region is replaced when the region changes, so it is checked before anything is made",
    fix: "name one region, for example europe-west1",
  },
  MR1005: {
    title: "illegal labels",
    why: "Google refuses a resource whose labels break the rules, at apply",
    fix: "use at most 64 labels; keys and values of lower-case letters, digits, hyphens and underscores, at most 63 characters",
    source: "https://cloud.google.com/resource-manager/docs/labels-overview#requirements",
  },
  MR1006: {
    title: "not a duration",
    why: "a number that cannot be read cannot be checked, and Google would refuse it at apply",
    fix: 'write a number and a unit: "250ms", "30s", "10m", "12h" or "7d"',
  },
  MR1007: {
    title: "rename of nothing",
    why: "what was renamed would be destroyed and made again, because the entry that says so names something else",
    fix: "write the path below the stack that the construct has now, ids joined by /",
  },
  MR1008: {
    title: "rename from what is still there",
    why: "Terraform cannot give one resource's state to another while both exist",
    fix: "remove the entry, or the construct under the old path",
  },
  MR1009: {
    title: "acknowledgement of nothing",
    why: "what it accepted is mended, or was never there; left alone it would hide the next warning of its code",
    fix: "remove it, or say mayBeAbsent where only some environments have the warning; errors cannot be acknowledged",
  },
  MR1010: {
    title: "illegal resource name",
    why: "the provider checks hardly any name, so a bad one would fail at apply",
    fix: "change the name, the construct's id or the stack's prefix",
  },
  MR1011: {
    title: "resource name taken twice",
    why: "the second resource would fail at apply, or adopt what belongs to the first",
    fix: "give one of them another name, or the stack another prefix",
  },
  MR1020: {
    title: "grant to everybody",
    why: "anybody on the internet, or anybody with a Google account, could use the resource",
    fix: "grant to a service account or a group",
  },
  MR1021: {
    title: "grant to a default service account",
    why: "every workload of the project runs as it unless told otherwise, so all of them would get the role",
    fix: "give the workload a ServiceAccount of its own and grant to that",
  },
  MR1022: {
    title: "grant on a project without a reason",
    why: "a role on the project reaches every resource of it, those of other applications included",
    fix: "grant on the resource, or state in the kind of the grant why Google has no narrower role (because)",
  },
  MR1023: {
    title: "administrative role on a project",
    why: "a workload that is taken over would take the project with it",
    fix: "grant on the single resource or service account instead",
    source: "checkov CKV_GCP_41, CKV_GCP_42, CKV_GCP_49, CKV_GCP_117",
  },
  MR1024: {
    title: "IAM resource that owns the whole policy",
    why: "a binding or a policy removes every member it does not name, Google's own service agents among them",
    fix: "use grants, or `*_iam_member` resources; acknowledge the warning if nobody else may hold the role",
  },
  MR1025: {
    title: "grant to nobody",
    why: "the name is not one of the forms Google knows principals by, so the apply would fail after half of it is done",
    fix: "write serviceAccount:, user: or group: and an e-mail, domain:, principal:// or principalSet://; ServiceAccount.fromExisting takes the whole e-mail",
    source: "https://cloud.google.com/iam/docs/principal-identifiers",
  },
  MR1026: {
    title: "workload that runs as a default account",
    why: "every workload of the project that names no account runs as it, so a role for one is a role for all, and it often may edit the project",
    fix: "leave serviceAccount out: the workload gets an account of its own",
    source: "https://cloud.google.com/iam/docs/service-account-types#default",
  },
  MR1027: {
    title: "open to everybody on purpose",
    why: "anybody on the internet may call it; what it does for them is all that is between them and what it may do",
    fix: "acknowledge the warning with the reason, or leave public out and grant to those who call",
  },
  MR1030: {
    title: "not the full name of a key",
    why: "the key may live in another project, and Google refuses a resource whose key it cannot find",
    fix: "write projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY, without a version",
  },
} as const satisfies CodeTable;
