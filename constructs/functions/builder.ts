import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { LOCAL_ENVIRONMENT } from "../../contract/environment";
import {
  enableApi,
  type Grant,
  grant,
  type GrantKind,
  MillraceStack,
  type NameRule,
  physicalName,
  projectTarget,
  ServiceAccount,
} from "../core";
import { ArtifactRegistryRepository, ArtifactRegistryRepositoryIamMember } from "../l1/functions";
import { TimeSleep, timeProvider } from "../l1/time";
import { Archives } from "../packaging/archives";

/**
 * What a build of a function needs. https://cloud.google.com/functions/docs/securing/build-custom-sa names three roles
 * for the project; two of them are granted on what this stack owns, and the third is narrowed by a condition.
 */
const GRANTS = {
  log: {
    role: "roles/logging.logWriter",
    on: "project",
    reason: "writes the log of a build",
    because: "logs have no resource of their own",
  },
  push: { role: "roles/artifactregistry.writer", on: "repository", reason: "pushes the images it builds" },
  copies: {
    role: "roles/storage.objectViewer",
    on: "project",
    reason: "reads Google's copy of the source",
    because: "Google makes the bucket of copies at the first deployment; a condition names it",
  },
} as const satisfies Record<string, GrantKind>;

/** https://cloud.google.com/artifact-registry/docs/repositories/create-repos */
const NAME: NameRule = {
  kind: "repository",
  pattern: /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/,
  max: 63,
  allowed: "1–63 lower-case letters, digits and hyphens, starting with a letter",
};

/** Images of one function that are kept for a rollback; older ones go after a month. */
const KEPT_IMAGES = 10;
const IMAGE_AGE_SECONDS = 30 * 86_400;

/** Grants reach Google's other services within minutes; the provider's own example waits this long before a build. */
const PROPAGATION = "60s";

/** Builds the functions of a stack: an identity that can do nothing else, and the repository of the images. */
export class FunctionBuilder extends Construct {
  /** The one of the stack that a construct belongs to. */
  static of(construct: Construct): FunctionBuilder {
    const stack = MillraceStack.of(construct);
    const id = "FunctionBuilder";
    return (stack.node.tryFindChild(id) as FunctionBuilder | undefined) ?? new FunctionBuilder(stack, id);
  }

  readonly identity: ServiceAccount;
  readonly repository: ArtifactRegistryRepository;
  /** What must exist before a function is built. */
  readonly dependables: readonly ITerraformDependable[];

  private constructor(scope: MillraceStack, id: string) {
    super(scope, id);
    const { projectId: project, region: location } = scope.context;
    this.identity = new ServiceAccount(this, "Identity", { name: "builder" });
    const repositoryId = physicalName(this, NAME, "functions");
    this.repository = new ArtifactRegistryRepository(this, "Repository", {
      project,
      location,
      repositoryId,
      format: "DOCKER",
      description: "Images of functions, built by Google from archives",
      cleanupPolicies: [
        { id: "keep-recent", action: "KEEP", mostRecentVersions: { keepCount: KEPT_IMAGES } },
        { id: "delete-old", action: "DELETE", condition: { olderThan: `${IMAGE_AGE_SECONDS}s` } },
      ],
      dependsOn: [enableApi(this, "artifactregistry.googleapis.com")],
    });
    const grants = this.grants(`projects/${project}/locations/${location}/repositories/${repositoryId}`);
    this.dependables = this.settled(grants.map(({ resource }) => resource));
  }

  private grants(repository: string): readonly Grant[] {
    const { projectId: project, projectNumber, region: location } = MillraceStack.of(this).context;
    const copies = `gcf-v2-sources-${projectNumber}-${location}`;
    return [
      grant(projectTarget(this), this.identity, GRANTS.log),
      grant(
        {
          scope: this,
          name: repository,
          level: "resource",
          attach: (scope, id, config) =>
            new ArtifactRegistryRepositoryIamMember(scope, id, {
              ...config,
              project,
              location,
              repository: this.repository.name,
            }),
        },
        this.identity,
        GRANTS.push,
      ),
      grant(projectTarget(this), this.identity, GRANTS.copies, {
        condition: {
          title: "copies-of-functions",
          expression: `resource.name.startsWith("projects/_/buckets/${copies}")`,
        },
      }),
      Archives.of(this).bucket.grantRead(this.identity, { reason: "reads the source of a function" }),
    ];
  }

  /** Grants that have had time to take effect; the local engine has nothing to wait for. */
  private settled(grants: ITerraformDependable[]): readonly ITerraformDependable[] {
    const stack = MillraceStack.of(this);
    if (stack.context.environment === LOCAL_ENVIRONMENT) return grants;
    return [
      new TimeSleep(this, "Propagation", {
        provider: timeProvider(stack),
        createDuration: PROPAGATION,
        dependsOn: grants,
      }),
    ];
  }
}
