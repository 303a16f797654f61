import type { CodeTable } from "./table";

const CPU = "https://cloud.google.com/run/docs/configuring/services/cpu";
const MEMORY = "https://cloud.google.com/run/docs/configuring/services/memory-limits";

/** MR1300–MR1359: Cloud Run services, and what functions share with them. */
export const runCodes = {
  MR1301: {
    title: "number of vCPUs",
    why: "Google refuses the service",
    fix: "set cpu to 1, 2, 4, 6, 8, or from 0.08 to below 1",
    source: CPU,
  },
  MR1302: {
    title: "memory does not go with the vCPUs",
    why: "Google refuses the service",
    fix: "change memory, or cpu",
    source: MEMORY,
  },
  MR1303: {
    title: "concurrency below one vCPU",
    why: "Google refuses the service",
    fix: "set concurrency to 1, or cpu to 1 or more",
    source: CPU,
  },
  MR1304: {
    title: "number of instances",
    why: "Google refuses the pair, or nothing could ever run",
    fix: "raise maxInstances or lower minInstances",
  },
  MR1305: {
    title: "request timeout out of range",
    why: "Google refuses the service",
    fix: "set a timeout of at most an hour; longer work belongs in a job",
    source: "https://cloud.google.com/run/docs/configuring/request-timeout",
  },
  MR1306: {
    title: "request timeout shorter than the contract's deadline",
    why: "the platform would end the request while the handler still runs within its time limit",
    fix: "remove timeout: it follows from the contract; or lower the contract's timeLimit",
  },
  MR1307: {
    title: "concurrency out of range",
    why: "Google refuses the service",
    fix: "set concurrency to 1–1000",
    source: "https://cloud.google.com/run/docs/about-concurrency",
  },
  MR1308: {
    title: "image without a digest",
    why: "a tag can move: what runs would change without a plan, and a rollback would not bring it back",
    fix: "name the image by digest, `…@sha256:…`",
  },
  MR1309: {
    title: "too small to mount a bucket or an NFS share",
    why: "both can be mounted in the second generation of the execution environment only, which needs a whole vCPU and 512Mi",
    fix: "set cpu to at least 1 and memory to at least 512Mi, or build an image",
    source: "https://cloud.google.com/run/docs/configuring/services/cloud-storage-volume-mounts",
  },
  MR1310: {
    title: "probe out of range",
    why: "Google refuses the revision, or takes every instance for broken",
    fix: "change the probe's numbers",
    source: "https://cloud.google.com/run/docs/configuring/healthchecks",
  },
  MR1311: {
    title: "reserved environment variable",
    why: "Cloud Run sets it; the deploy may be refused, or the value ignored",
    fix: "use another name",
    source: "https://cloud.google.com/run/docs/container-contract",
  },
  MR1312: {
    title: "secret in the open",
    why: "values of environment variables stand in the plan, in the state and in the console",
    fix: "put it into Secret Manager and name it under secrets",
  },
  MR1313: {
    title: "variable set twice",
    why: "Google refuses a variable that is both a value and a secret",
    fix: "keep one of the two",
  },
  MR1314: {
    title: "too many environment variables",
    why: "Google refuses the container",
    fix: "put the configuration into one document",
    source: "https://cloud.google.com/run/quotas",
  },
  MR1315: {
    title: "startup takes long",
    why: "events wait for the instance, and older documentation allows 240 s only",
    fix: "start faster, or acknowledge the warning",
    source: "https://cloud.google.com/run/docs/configuring/healthchecks",
  },
  MR1316: {
    title: "not the full name of a service",
    why: "project and region of the service would be unknown",
    fix: "give projects/{project}/locations/{region}/services/{service}",
  },
  MR1317: {
    title: "not the name of a secret",
    why: "Google finds no such secret, and no revision starts",
    fix: "give the secret's short name, and its project under projectId",
    source: "google/cloud/secretmanager/v1/service.proto",
  },
  MR1318: {
    title: "no way into a network",
    why: "Cloud Run refuses the revision: it reaches a network through one interface, with a network or a subnetwork, or through one connector",
    fix: "name the network, the subnetwork or both; or a connector by its full name",
    source: "google/run/v2/vendor_settings.proto: VpcAccess.NetworkInterface",
  },
  MR1319: {
    title: "safety number overridden",
    why: "deadline, audience and store follow from the contract and from what surrounds the workload; the runtime refuses deliveries, or to start, when they disagree",
    fix: "remove the variable; change the contract instead, or leave the contract out where the image is not a handler's",
  },
  MR1320: {
    title: "runtime decommissioned",
    why: "the deploy is refused, and what runs already cannot be updated",
    fix: "move to a current runtime",
    source: "https://cloud.google.com/run/docs/runtimes/function-runtimes",
  },
  MR1321: {
    title: "runtime deprecated",
    why: "Google no longer patches it, and will soon refuse to deploy it",
    fix: "move to a current runtime",
    source: "https://cloud.google.com/run/docs/runtimes/function-runtimes",
  },
  MR1322: {
    title: "illegal mount path",
    why: "Google refuses the revision, or the volume would cover what the container needs",
    fix: "use an absolute path without a colon, outside of /dev, /proc, /sys and /millrace; Cloud SQL is at /cloudsql",
    source: "google/run/v2/k8s.min.proto: VolumeMount.mount_path",
  },
  MR1323: {
    title: "not a connection name of Cloud SQL",
    why: "no socket appears for a database that Cloud Run cannot find",
    fix: "write project:region:instance",
    source: "google/run/v2/k8s.min.proto: CloudSqlInstance",
  },
  MR1324: {
    title: "not an amount of memory",
    why: "Google refuses the revision",
    fix: "write a whole number and Mi or Gi, or leave size out",
    source: "google/run/v2/k8s.min.proto: EmptyDirVolumeSource.size_limit",
  },
  MR1325: {
    title: "files in memory fill the instance",
    why: "they count as memory of the instance, which is killed when it has none left",
    fix: "raise memory, or lower the size of the volume",
    source: "google/run/v2/k8s.min.proto: EmptyDirVolumeSource",
  },
  MR1326: {
    title: "NFS without a network",
    why: "an NFS server is reached through a VPC alone, and instances that cannot mount it do not start",
    fix: "give vpc the server's network",
  },
  MR1327: {
    title: "illegal traffic split",
    why: "Google refuses the service",
    fix: "give whole percentages from 0 to 100, and revisions by what follows the service's name",
    source: "google/run/v2/traffic_target.proto",
  },
  MR1328: {
    title: "traffic split that does not add up",
    why: "Google is said to refuse shares that do not come to 100 %, and tags that are used twice or are no part of a host name",
    fix: "let the shares come to 100, and give each tag once",
  },
  MR1329: {
    title: "deployment without traffic",
    why: "the new revision starts, and nothing of it is ever called",
    fix: "give a share, 0 % and a tag if need be, to the latest revision or to the one that is named; acknowledge a rollback",
  },
  MR1330: {
    title: "instance-based billing below one vCPU",
    why: "Google refuses the service",
    fix: "set cpu to 1 or more, or leave billing out",
    source: CPU,
  },
  MR1331: {
    title: "revision named twice over",
    why: "every deployment of CI makes a revision of another name, and each would be a change that Terraform takes back",
    fix: "leave revision out, or let Terraform manage the image",
  },
  MR1332: {
    title: "port or description out of range",
    why: "Google refuses the service",
    fix: "use a port from 1 to 65535, and a description of at most 512 characters",
    source: "google/run/v2/service.proto, google/run/v2/k8s.min.proto",
  },
  MR1333: {
    title: "more requests than what is behind can take",
    why: "at full load the database or API would refuse connections, and events would fail that could have waited",
    fix: "lower maxInstances or concurrency: events wait in their subscription",
  },
  MR1334: {
    title: "latency without a warm instance",
    why: "after a pause the first caller waits until an instance has started",
    fix: "set minInstances to 1 or more, which is paid for while idle, or acknowledge the warning",
  },
  MR1335: {
    title: "pulling between requests",
    why: "an instance that is paid by request has no CPU to speak of between two requests, so messages would expire in its hands",
    fix: 'set billing: "instance" and minInstances, use a worker pool, or let the subscription push; acknowledge it where messages are pulled within a request',
    source: "https://cloud.google.com/run/docs/configuring/billing-settings",
  },
  MR1336: {
    title: "instances paid for between scheduled runs",
    why: "with instance-based billing an instance is paid for as long as it exists, which only pays with steady load",
    fix: "leave billing out, or run a job on the schedule",
    source: "https://cloud.google.com/run/docs/configuring/billing-settings",
  },
  MR1338: {
    title: "handler that does not understand its caller",
    why: "requests of Cloud Tasks and Cloud Scheduler and CloudEvents are told by their headers, and the part that reads them travels with those handlers alone that ask for it: the runtime refuses every one",
    fix: 'add the sender to the workload\'s transports, ["scheduler"], ["tasks"] or ["cloudEvents"] for Eventarc and workflows, or let ScheduledJob or TaskQueueWorker make the workload',
  },
  MR1339: {
    title: "caller that the contract excludes",
    why: "the contract names what may bring its handler events, and the runtime refuses all others",
    fix: "add the caller to the contract's callers, or wire one that is named there",
  },
  MR1337: {
    title: "public workload that cannot be",
    why: "who may call is decided in two places besides the invoker role, ingress and the runtime, and one of them disagrees",
    fix: 'set ingress: "all", and auth: "self" in the contract',
  },
} as const satisfies CodeTable;
