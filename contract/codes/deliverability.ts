import type { CodeTable } from "./table";

/** MR4400–MR4499: whether a plan delivers, as `millrace check` walks it. */
export const deliverabilityCodes = {
  MR4401: {
    title: "caller that may not call its target",
    why: "the front end answers 403 before any code runs, so nothing arrives",
    fix: "grant the role to the caller's identity on the target",
    source: "https://cloud.google.com/run/docs/authenticating/service-to-service",
  },
  MR4402: {
    title: "call without a token to a private target",
    why: "Cloud Run lets in only whom it knows, and a request without a token is nobody's",
    fix: "set an oidc_token of an account that may invoke the target",
    source: "https://cloud.google.com/run/docs/triggering/pubsub-push",
  },
  MR4403: {
    title: "token for somebody else",
    why: "a front end refuses a token whose audience is neither its URL nor one of its custom audiences",
    fix: "set the audience to the target's URL, or add it to custom_audiences",
    source: "https://cloud.google.com/run/docs/configuring/custom-audiences",
  },
  MR4404: {
    title: "caller that the ingress of its target keeps out",
    why: "a service with internal ingress takes requests of Google's services from its own project and perimeter alone",
    fix: "open the target's ingress, or call it from its own project",
    source: "https://cloud.google.com/run/docs/securing/ingress",
  },
  MR4405: {
    title: "publisher that may not publish",
    why: "messages, notifications or dead letters of it are lost, mostly without a word",
    fix: "grant roles/pubsub.publisher on the topic to whom the message names",
    source: "https://cloud.google.com/pubsub/docs/access-control",
  },
  MR4406: {
    title: "dead-lettering that its agent may not do",
    why: "Pub/Sub needs publisher on the dead-letter topic and subscriber on the subscription; without either it redelivers for ever and says nothing",
    fix: "grant both to the Pub/Sub service agent of the subscription's project",
    source: "https://cloud.google.com/pubsub/docs/handling-failures#grant_forwarding_permissions",
  },
  MR4407: {
    title: "dead-letter topic without a subscription",
    why: "a topic keeps nothing for subscriptions it does not have, so dead letters are dropped",
    fix: "subscribe to the dead-letter topic",
    source: "https://cloud.google.com/pubsub/docs/handling-failures",
  },
  MR4408: {
    title: "dead letters that return to their own topic",
    why: "what cannot be handled goes round for ever, and every other subscription gets it again",
    fix: "give the subscription a dead-letter topic of its own",
  },
  MR4409: {
    title: "dead letters that are kept too short",
    why: "they are gone before somebody has looked at them",
    fix: "keep dead letters for 14 to 31 days",
  },
  MR4410: {
    title: "subscription that expires",
    why: "without a consumer for 31 days, or the time that is set, Google deletes the subscription and its messages",
    fix: 'set expiration_policy { ttl = "" }',
    source: "https://cloud.google.com/pubsub/docs/subscription-properties#expiration_period",
  },
  MR4411: {
    title: "failures that are dropped",
    why: "a message that nobody can handle blocks or burns retries until it expires, and then nothing of it is left",
    fix: "set a dead-letter policy, and grant Pub/Sub's agent what it needs for it",
  },
  MR4412: {
    title: "redelivery without a pause",
    why: "delivery attempts are used up within seconds, so that a short outage sends everything to the dead letters",
    fix: "set a retry policy",
    source: "https://cloud.google.com/pubsub/docs/handling-failures#exponential_backoff",
  },
  MR4413: {
    title: "caller that waits shorter than its target may take",
    why: "it gives up and calls again while the first call still has its effect",
    fix: "let the caller wait at least as long as the target's timeout",
  },
  MR4414: {
    title: "exactly-once delivery where there is none",
    why: "only pull has it; Google refuses the subscription or delivers more than once",
    fix: "drop the setting and make the handler idempotent, or pull",
    source: "https://cloud.google.com/pubsub/docs/exactly-once-delivery",
  },
  MR4415: {
    title: "files that take longer than the ack deadline",
    why: "messages are acknowledged when their file is finished, and come again before that",
    fix: "raise ack_deadline_seconds to max_duration or more",
    source: "google/pubsub/v1/pubsub.proto, CloudStorageConfig.max_duration",
  },
  MR4416: {
    title: "export that may not write",
    why: "the subscription goes to the state PERMISSION_DENIED and its messages wait until they expire",
    fix: "grant the writer both roles on the table or the bucket",
    source: "https://cloud.google.com/pubsub/docs/create-bigquery-subscription",
  },
  MR4417: {
    title: "agent that may not make the caller's tokens",
    why: "agents of Pub/Sub that are older than April 2021 lack the permission; calls then go out without a token",
    fix: "grant roles/iam.serviceAccountTokenCreator on the account, not on the project, to the agent",
    source: "https://cloud.google.com/eventarc/docs/roles-permissions",
  },
  MR4418: {
    title: "key that its agent may not use",
    why: "Google refuses the resource, and what is encrypted already cannot be read",
    fix: "grant roles/cloudkms.cryptoKeyEncrypterDecrypter on the key to the service's agent",
  },
  MR4419: {
    title: "secret that its reader may not read",
    why: "Cloud Run refuses the revision, so the workload never starts",
    fix: "grant roles/secretmanager.secretAccessor on the secret to the workload's identity",
    source: "https://cloud.google.com/run/docs/configuring/services/secrets",
  },
  MR4420: {
    title: "runtime that lacks what it needs",
    why: "the handler's own runtime is refused before the handler runs",
    fix: "grant the role to the workload's identity",
  },
  MR4421: {
    title: "workload that is told of a resource and may not use it",
    why: "its environment names the resource, so its code is meant to use it, and every use is refused",
    fix: "grant the role it needs, or take the variable away",
  },
  MR4422: {
    title: "build that lacks what it needs",
    why: "the function is never built, or its build says nothing",
    fix: "grant the role to the build's service account",
    source: "https://cloud.google.com/functions/docs/securing/build-custom-sa",
  },
  MR4423: {
    title: "tasks that nobody may carry out",
    why: "a producer must be able to act as the account whose token its tasks carry, and that account to call the target",
    fix: "grant actAs on the account to the producer, and run.invoker on the target to the account",
    source: "https://cloud.google.com/tasks/docs/creating-http-target-tasks#sa",
  },
  MR4424: {
    title: "default service account",
    why: "every workload of the project that is not told otherwise runs as it, so what one may do all may do",
    fix: "give the workload or the caller a service account of its own",
  },
  MR4425: {
    title: "runtime that is told something other than the plan says",
    why: "the runtime checks who calls it and how long it has; told wrongly, it refuses deliveries or works past its deadline",
    fix: "leave the variables to the constructs",
  },
  MR4426: {
    title: "receiver of events that may not receive",
    why: "Eventarc asks for the role on the project for every event but Pub/Sub's",
    fix: "grant roles/eventarc.eventReceiver on the project to the trigger's identity",
    source: "https://cloud.google.com/eventarc/docs/roles-permissions",
  },
  MR4427: {
    title: "token of the wrong kind",
    why: "Google's own APIs take OAuth tokens, Cloud Run and functions take OIDC tokens, and neither takes the other's",
    fix: "use oauth_token for *.googleapis.com and oidc_token for everything else",
    source: "https://cloud.google.com/scheduler/docs/http-target-auth",
  },
  MR4428: {
    title: "caller that the contract excludes",
    why: "the contract names what may bring its handler events, and the runtime refuses all others: nothing that this one sends is handled",
    fix: "add the caller to the contract's callers, or take the caller away",
  },
  MR4430: {
    title: "grant that nothing needs",
    why: "whoever takes the identity over can do more than its work, and the next reader believes there is a reason",
    fix: "remove it",
  },
  MR4431: {
    title: "grant on the project where the resource would do",
    why: "the role reaches every resource of the project, those of other applications included",
    fix: "grant it on the resource",
  },
  MR4432: {
    title: "intended grant that the plan does not make",
    why: "the report of grants beside the plan says who is to have a role, and why; the plan was changed after that",
    fix: "synthesize again",
  },
  MR4433: {
    title: "role for everybody",
    why: "anybody on the internet can use the resource, and make it cost money",
    fix: "grant the role to the account that calls",
  },
  MR4434: {
    title: "IAM resource that takes away what another one gives",
    why: "a binding owns its role: each apply removes the members that others have added, and the next adds them again",
    fix: "use `_iam_member` resources",
    source: "https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/pubsub_topic_iam",
  },
  MR4440: {
    title: "API that the plan does not enable",
    why: "it enables others of the project; in a fresh one the first resource that needs this one is refused",
    fix: "add a google_project_service",
  },
  MR4441: {
    title: "resource that does not wait for its API",
    why: "Terraform sees no edge between an API and what needs it, so a fresh project fails at the first apply",
    fix: "add the google_project_service to depends_on",
  },
  MR4442: {
    title: "resource that does not wait for its grants",
    why: "Terraform sees no edge between a grant and what needs it; what is first refused is retried, lost, or fails the apply",
    fix: "add the grant to depends_on",
  },
  MR4443: {
    title: "grant to an agent that may not exist yet",
    why: "Google makes most agents when they are first needed, and refuses roles for one that does not exist",
    fix: "wait for the google_project_service_identity, or for the API",
  },
  MR4444: {
    title: "no time for grants to take effect",
    why: "a grant reaches other services within minutes; what uses it at once fails, and only in a fresh project",
    fix: "put a time_sleep between them",
    source: "https://cloud.google.com/iam/docs/access-change-propagation",
  },
  MR4450: {
    title: "nothing that could be checked",
    why: "the check reads Terraform JSON: a stack, a `.tf.json` file, a folder of them, or what `terraform show -json` prints",
    fix: "for configurations in HCL run `terraform plan -out plan && terraform show -json plan > plan.json`, and check plan.json",
  },
  MR4451: {
    title: "module that is not looked into",
    why: "what it makes or grants is not seen, so what is said may be wrong",
    fix: "check what `terraform show -json` prints of a plan: it holds the modules' resources",
  },
} as const satisfies CodeTable;
